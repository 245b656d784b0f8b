// The city and the way there fail in every manner; what was accepted comes to be there once and in order.
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { GatewayError } from '../../src/core/errors.js';
import type { HttpAnswer, HttpRequest } from '../../src/platform/http-client.js';
import { openFaultWorld } from '../helpers/fault-world.js';
import { TOKEN } from '../helpers/forwarding.js';
import { itHolds, type Random } from '../helpers/seeds.js';

/** Answers a call in place of the city, or after it. */
type Fault = (proceed: () => Promise<HttpAnswer>, random: Random) => Promise<HttpAnswer>;

const unreached = (reason: string): Promise<never> =>
  Promise.reject(new GatewayError('city.unreachable', `No answer came: ${reason}.`, { details: { reason } }));
const answer = (status: number, body = '', headers: Record<string, string> = {}): Promise<HttpAnswer> =>
  Promise.resolve({ status, headers, body });

const FAULTS: Readonly<Record<string, Fault>> = {
  'the city is down for hours': () => unreached('ECONNREFUSED'),
  'the city answers 500': (_proceed, random) => answer(500 + random.whole(5)),
  'the city asks for patience': (_proceed, random) =>
    answer(429, '', { 'retry-after': String(1 + random.whole(90)) }),
  'answers are lost after storing': async (proceed) => {
    await proceed();
    return unreached('ECONNRESET');
  },
  'answers are cut short': async (proceed, random) => {
    const { body, ...rest } = await proceed();
    return { ...rest, body: body.slice(0, random.whole(body.length)) };
  },
  'answers belong to another message': async (proceed) => {
    const { body, ...rest } = await proceed();
    const said = JSON.parse(body) as { totalSize: number };
    return { ...rest, body: JSON.stringify({ ...said, totalSize: said.totalSize + 1 }) };
  },
  'a certificate is over': () => unreached('CERT_HAS_EXPIRED'),
  'our token is not known': () => answer(401, '{"errorCode":"401"}'),
};
const EVERY = Object.values(FAULTS) as [Fault, ...Fault[]];

/** Names a call by what it holds and how often that was tried, so that chance does not hang on what runs side by side. */
function createNames(): (request: HttpRequest) => string {
  const tries = new Map<string, number>();
  return ({ body }) => {
    const { body: records } = JSON.parse(String(body)) as { body: { id: string; version: number }[] };
    const name = `${records[0]?.id} ${records[0]?.version}`;
    tries.set(name, (tries.get(name) ?? 0) + 1);
    return `${name} ${tries.get(name)}`;
  };
}

async function survive(random: Random, faultOf: (call: Random) => Fault, hours = 0.02): Promise<void> {
  const world = await openFaultWorld(random);
  try {
    const { http } = world.bench.sendNeeds();
    const nameOf = createNames();
    let isBroken = false;
    const send = (request: HttpRequest): Promise<HttpAnswer> => {
      const call = random.of(nameOf(request));
      const proceed = (): Promise<HttpAnswer> => http.send(request);
      return isBroken && call.chance(0.7) ? faultOf(call)(proceed, call) : proceed();
    };
    const options = { messageSize: 1 + random.whole(5), messagesInFlight: 1 + random.whole(4) };
    const worker = world.bench.forwarder(options, { http: { send } });
    for (let step = 0; step < 5; step += 1) {
      await world.accept();
      isBroken = random.chance(0.7);
      await worker.work();
      world.pass(random.whole(hours * 3_600_000));
    }
    isBroken = false;
    await world.finish(worker);
    await world.check();
  } finally {
    await world.bench.close();
  }
}

describe('delivery to a city that fails', function () {
  this.timeout(200_000);
  for (const [title, fault] of Object.entries(FAULTS))
    itHolds(`holds where ${title}`, (random) => survive(random, () => fault, /hours/.test(title) ? 5 : 0.02));

  itHolds('holds where all of it happens in turns', (random) => survive(random, (call) => call.pick(EVERY)));

  itHolds('holds where answers drip in more slowly than we wait', async (random) => {
    const world = await openFaultWorld(random);
    let isDripping = true;
    const proxy = await startDrip(world.bench.city.url, () => isDripping && random.chance(0.3));
    try {
      const city = { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, token: TOKEN };
      const worker = world.bench.forwarder({ messageSize: 4, timeoutMs: 500 }, { city });
      for (let step = 0; step < 2; step += 1) {
        await world.accept();
        await worker.work();
        world.pass(random.whole(60_000));
      }
      isDripping = false;
      await world.finish(worker);
      await world.check();
    } finally {
      proxy.closeAllConnections();
      proxy.close();
      await world.bench.close();
    }
  });
});

/** Passes calls on and lets the answers of some drip, a byte at a time. */
async function startDrip(url: string, drips: () => boolean): Promise<Server> {
  const server = createServer((request, response) => {
    const pass = async (): Promise<void> => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { authorization = '', 'idempotency-key': key } = request.headers;
      const got = await fetch(`${url}${request.url}`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', 'idempotency-key': String(key) },
        body: Buffer.concat(parts),
      });
      const text = Buffer.from(await got.text());
      response.writeHead(got.status, { 'content-type': 'application/json' });
      if (drips()) drip(text);
      else response.end(text);
    };
    const drip = (text: Buffer): void => {
      let at = 0;
      const timer = setInterval(() => {
        if (at < text.length) response.write(text.subarray(at, (at += 1)));
        else response.end();
      }, 50);
      response.on('close', () => clearInterval(timer));
    };
    pass().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
