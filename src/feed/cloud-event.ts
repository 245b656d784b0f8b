// A change as the feed shows it: a CloudEvent after http-feeds.org. What has ended is shown without its data,
// in the events before the DELETE too.
import type { FeedChange } from '../db/changes.js';

export interface CloudEvent {
  readonly specversion: '1.0';
  /** The position, opaque to readers. */
  readonly id: string;
  readonly type: string;
  readonly source: string;
  /** When the change was committed, ISO 8601. */
  readonly time: string;
  readonly subject: string;
  readonly method: 'PUT' | 'DELETE';
  readonly recordtype: string;
  readonly recordversion: number;
  readonly agency: string;
  /** Stays when the data goes; see `core/feed-digest`. */
  readonly recorddigest: string;
  readonly datacontenttype?: 'application/json';
  readonly dataschema?: string;
  readonly data?: unknown;
}

export const FEED_SOURCE = 'urn:credit-exchange:binhai';
const TYPE_PREFIX = 'cn.tjbh.credit.';
const SCHEMA_PREFIX = 'urn:credit-exchange:record:';

/** An event as it is served: `json` is a `CloudEvent`. */
export interface FeedEvent {
  readonly id: string;
  readonly json: string;
}

/** Writes changes as events; personal numbers stay masked. What was stored is JSON already and is not parsed again. */
export function writeCloudEvents(changes: readonly FeedChange[]): FeedEvent[] {
  let chunk: ChunkText | undefined;
  return changes.map((change) => {
    if (chunk === undefined || !isOfChunk(change, chunk)) chunk = chunkText(change);
    const { position, recordId, version, operation, hasEnded, data, digest } = change;
    const id = String(position);
    const method = operation === 'd' ? 'DELETE' : 'PUT';
    const head = `${chunk.head},"id":"${id}","subject":"${recordId}","method":"${method}","recordversion":${version},"recorddigest":"${digest}"`;
    return { id, json: hasEnded ? `${head}}` : `${head},${chunk.dataHead},"data":${data}}` };
  });
}

type ChunkFacts = Pick<FeedChange, 'recordType' | 'agency' | 'committedAt'>;

/** What the events of a chunk have in common, written once. */
interface ChunkText extends ChunkFacts {
  readonly head: string;
  readonly dataHead: string;
}

function isOfChunk(change: FeedChange, { recordType, agency, committedAt }: ChunkFacts): boolean {
  return change.committedAt === committedAt && change.recordType === recordType && change.agency === agency;
}

function chunkText({ recordType, agency, committedAt }: ChunkFacts): ChunkText {
  const common: Omit<CloudEvent, 'id' | 'subject' | 'method' | 'recordversion' | 'recorddigest'> = {
    specversion: '1.0',
    type: `${TYPE_PREFIX}${recordType}`,
    source: FEED_SOURCE,
    time: committedAt.toISOString(),
    recordtype: recordType,
    agency,
  };
  const data = { datacontenttype: 'application/json', dataschema: `${SCHEMA_PREFIX}${recordType}` };
  const inner = (value: object): string => JSON.stringify(value).slice(1, -1);
  return { recordType, agency, committedAt, head: `{${inner(common)}`, dataHead: inner(data) };
}
