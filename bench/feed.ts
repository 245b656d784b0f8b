// `npm run bench -- --scenario feed`: how fast one reader gets the whole feed over one connection; and
// `--scenario readers`: how soon a record is in the feed after its commit while a batch goes in.
import { Agent, get } from 'node:http';
import { startCountingCity, type ScenarioNeeds } from './forwarding.js';
import { serveGateway } from './served.js';

interface FeedEvent {
  readonly id: string;
  readonly time: string;
}

const LIMIT = 1000;
const WAIT_MS = 60_000;

/** A reader on one kept connection. */
function createReader(url: string, key: string): (query: string) => Promise<FeedEvent[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { authorization: `Bearer ${key}` };
  return (query) =>
    new Promise((resolve, reject) => {
      get(`${url}/v1/feeds/records?limit=${LIMIT}${query}`, { agent, headers }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(pieces).toString();
          if (response.statusCode !== 200) reject(new Error(`${response.statusCode}: ${text}`));
          else resolve(JSON.parse(text) as FeedEvent[]);
        });
      }).on('error', reject);
    });
}

const after = (last: FeedEvent | undefined): string => (last === undefined ? '' : `&lastEventId=${last.id}`);

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
    for (let events = await read(''); events.length > 0; events = await read(after(events.at(-1))))
      count += events.length;
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
    let last: FeedEvent | undefined;
    while (delays.length < rows) {
      const events = await follow(`&timeout=${WAIT_MS}${after(last)}`);
      const nowMs = Date.now();
      for (const { time } of events) delays.push(nowMs - Date.parse(time));
      last = events.at(-1) ?? last;
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
