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
  readonly datacontenttype?: 'application/json';
  readonly dataschema?: string;
  readonly data?: unknown;
}

export const FEED_SOURCE = 'urn:credit-exchange:binhai';
const TYPE_PREFIX = 'cn.tjbh.credit.';
const SCHEMA_PREFIX = 'urn:credit-exchange:record:';

/** Writes a change as an event; personal numbers stay masked. */
export function toCloudEvent(change: FeedChange): CloudEvent {
  const event = {
    specversion: '1.0',
    id: String(change.position),
    type: `${TYPE_PREFIX}${change.recordType}`,
    source: FEED_SOURCE,
    time: change.committedAt.toISOString(),
    subject: change.recordId,
    method: change.operation === 'd' ? 'DELETE' : 'PUT',
    recordtype: change.recordType,
    recordversion: change.version,
    agency: change.agency,
  } as const;
  if (change.hasEnded) return event;
  return {
    ...event,
    datacontenttype: 'application/json',
    dataschema: `${SCHEMA_PREFIX}${change.recordType}`,
    data: JSON.parse(change.data) as unknown,
  };
}
