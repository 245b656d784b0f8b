// `npm run bench -- --scenario feed`: how fast one reader gets the whole feed over one connection; and
// `--scenario readers`: how soon a record is in the feed after its commit while a batch goes in.
import { Agent, get } from 'node:http';
import { startCountingCity, type ScenarioNeeds } from './forwarding.js';
import { serveGateway } from './served.js';

/** One answer of the feed, as far as a reader that only counts looks at it. */
interface Page {
  readonly count: number;
  /** Of the last event; undefined in an empty page. */
  readonly lastId: string | undefined;
  /** When each event was committed, ms. */
  readonly timesMs: readonly number[];
}

const LIMIT = 1000;
const WAIT_MS = 60_000;
const TIME = Buffer.from('"time":"');
const TIME_LENGTH = '2026-01-01T00:00:00.000Z'.length;
const ID = Buffer.from('"id":"');

/** A reader on one kept connection; what it reads is counted, not parsed, so that it is the gateway that is measured. */
function createReader(url: string, key: string): (query: string) => Promise<Page> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { authorization: `Bearer ${key}` };
  return (query) =>
    new Promise((resolve, reject) => {
      get(`${url}/v1/feeds/records?limit=${LIMIT}${query}`, { agent, headers }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          const body = Buffer.concat(pieces);
          if (response.statusCode === 200) resolve(scan(body));
          else reject(new Error(`${response.statusCode}: ${body.toString()}`));
        });
      }).on('error', reject);
    });
}

function scan(body: Buffer): Page {
  const timesMs: number[] = [];
  let last = -1;
  for (let at = body.indexOf(TIME); at !== -1; at = body.indexOf(TIME, last)) {
    last = at + TIME.length;
    timesMs.push(Date.parse(body.toString('latin1', last, last + TIME_LENGTH)));
  }
  const from = body.indexOf(ID, last) + ID.length;
  const lastId = last === -1 ? undefined : body.toString('latin1', from, body.indexOf('"', from));
  return { count: timesMs.length, lastId, timesMs };
}

const after = (lastId: string | undefined): string => (lastId === undefined ? '' : `&lastEventId=${lastId}`);

/** Reads the whole feed. */
export async function measureFeed({ folder, csv, source, rows, say }: ScenarioNeeds): Promise<object> {
  const city = await startCountingCity();
  const gateway = await serveGateway(folder, city.url);
  const { city: reader, url } = gateway.sandbox;
  try {
    await gateway.order('pause');
    say('Intake …');
    await gateway.settled(await gateway.upload(csv, source));
    say('Reading …');
    const read = createReader(url, reader.key);
    const startMs = Date.now();
    let count = 0;
    for (let page = await read(''); page.count > 0; page = await read(after(page.lastId)))
      count += page.count;
    const seconds = (Date.now() - startMs) / 1000;
    if (count !== rows) throw new Error(`${count} events were read, not ${rows}.`);
    return { rows, limit: LIMIT, secondsReading: seconds, eventsPerSecond: Math.round(count / seconds) };
  } finally {
    await gateway.stop();
    city.stop();
  }
}

/** Follows the feed while a batch goes in; the delay of an event is from its `time`, before the commit, to its arrival. */
export async function measureReaders({ folder, csv, source, rows, say }: ScenarioNeeds): Promise<object> {
  const city = await startCountingCity();
  const gateway = await serveGateway(folder, city.url);
  const { city: key, url } = gateway.sandbox;
  try {
    await gateway.order('pause');
    say(`Intake, followed by a reader …`);
    const batch = gateway.upload(csv, source);
    const follow = createReader(url, key.key);
    const delays: number[] = [];
    let last: string | undefined;
    while (delays.length < rows) {
      const { lastId, timesMs } = await follow(`&timeout=${WAIT_MS}${after(last)}`);
      const nowMs = Date.now();
      for (const timeMs of timesMs) delays.push(nowMs - timeMs);
      last = lastId ?? last;
    }
    await batch;
    delays.sort((a, b) => a - b);
    const at = (share: number): number | undefined => delays[Math.floor(share * (delays.length - 1))];
    return { rows, delayMsMedian: at(0.5), delayMsP99: at(0.99), delayMsMax: at(1) };
  } finally {
    await gateway.stop();
    city.stop();
  }
}
