// The demo's agencies and city at work: uploads the samples, waits until the city has everything, then
// lets the city issue a notice and waits for its feedback. All of it over HTTP.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gateway } from '../app/gateway.js';
import type { Sandbox } from '../app/sandbox.js';
import type { BatchView } from '../app/batch-view.js';
import { ORGANISATION } from '../core/definitions.js';
import { GatewayError } from '../core/errors.js';
import { projectRoot } from '../platform/project-root.js';

export interface Upload {
  readonly file: string;
  readonly batch: BatchView;
}

export interface Exchange {
  readonly uploads: readonly Upload[];
  readonly noticeId: string;
  readonly sandbox: Sandbox;
}

const SAMPLES: readonly { readonly file: string; readonly agency: string; readonly source: string }[] = [
  { file: 'penalties-2000-gb18030.csv', agency: 'market-regulation', source: 'market-regulation-penalty' },
  { file: 'licences-clean.csv', agency: 'market-regulation', source: 'market-regulation-licence' },
  {
    file: 'penalties-2018-organisation.csv',
    agency: 'ecology-environment',
    source: 'ecology-environment-penalty',
  },
  {
    file: 'penalties-2018-person.csv',
    agency: 'emergency-management',
    source: 'emergency-management-penalty',
  },
  {
    file: 'licences-2018-organisation.csv',
    agency: 'housing-construction',
    source: 'housing-construction-licence',
  },
];
const DEADLINE_MS = 120_000;
const LOOK_EVERY_MS = 100;

/** Runs the exchange once. */
export async function runExchange(gateway: Gateway, note: (text: string) => void): Promise<Exchange> {
  const sandbox = gateway.sandbox;
  if (sandbox === undefined) throw new GatewayError('city.not-configured', 'The demo needs its sandbox.');
  const ids: { file: string; id: string; key: string }[] = [];
  for (const sample of SAMPLES) {
    note(`Uploading ${sample.file} as ${sample.source} … · 上传`);
    const key = sandbox.file.agencies[sample.agency]?.key ?? '';
    ids.push({ file: sample.file, key, id: await upload(gateway.url, sample, key) });
  }
  note('Checking, storing and forwarding to the city … · 校验、入库并报送市级平台');
  const uploads: Upload[] = [];
  for (const { file, id, key } of ids)
    uploads.push({ file, batch: await until(`batch ${id}`, () => settledBatch(gateway.url, id, key)) });
  note('The city issues a sanction notice … · 市级平台下发惩戒通知');
  const noticeId = await sandbox.issueNotice(await findSubject(gateway.url, sandbox.file.city.key));
  await until(
    `feedback on notice ${noticeId}`,
    async () => (await sandbox.isAnswered(noticeId)) || undefined,
  );
  return { uploads, noticeId, sandbox };
}

interface FeedRecord {
  readonly data?: {
    readonly counterpartKind?: string;
    readonly counterpartName?: string;
    readonly creditCode?: string;
  };
}

/** Finds an organisation in the feed: somebody the gateway has records of. */
async function findSubject(url: string, key: string): Promise<{ name: string; creditCode: string }> {
  const events = await getJson<FeedRecord[]>(`${url}/v1/feeds/records?limit=100`, key);
  for (const { data } of events)
    if (
      data?.counterpartKind === ORGANISATION &&
      data.counterpartName !== undefined &&
      data.creditCode !== undefined
    )
      return { name: data.counterpartName, creditCode: data.creditCode };
  throw new GatewayError('internal.unexpected', 'The feed holds no organisation.');
}

async function upload(url: string, sample: { file: string; source: string }, key: string): Promise<string> {
  const body = await readFile(join(projectRoot, 'test/fixtures/uploads', sample.file));
  const answer = await fetch(`${url}/v1/sources/${sample.source}/batches`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv' },
    body,
  });
  const received = (await answer.json()) as { id?: string; code?: string; detail?: string };
  if (answer.status !== 202 || received.id === undefined)
    throw new GatewayError(
      'file.unreadable',
      `The sample ${sample.file} was refused: ${received.code} ${received.detail}`,
    );
  return received.id;
}

async function settledBatch(url: string, id: string, key: string): Promise<BatchView | undefined> {
  const batch = await getJson<BatchView>(`${url}/v1/batches/${id}`, key);
  return batch.finishedAt !== null && batch.city.pending === 0 ? batch : undefined;
}

/** Gets JSON with a key; throws for any answer but 200. */
export async function getJson<T>(url: string, key: string): Promise<T> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
  if (answer.status !== 200) throw new GatewayError('city.unreachable', `${url} answered ${answer.status}.`);
  return (await answer.json()) as T;
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let waitedMs = 0; waitedMs < DEADLINE_MS; waitedMs += LOOK_EVERY_MS) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  throw new GatewayError('internal.unexpected', `Waited ${DEADLINE_MS / 1000} s in vain for ${what}.`);
}
