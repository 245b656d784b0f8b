// Certificates of ours against real TLS servers: shown, renewed without a restart, and parked where they are wrong.
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { TLSSocket } from 'node:tls';
import { openDestinationClient } from '../../../src/app/clients.js';
import { createAuthority, type Authority, type Issued } from '../../helpers/certificates.js';
import { firstVersions, writeChunk } from '../../helpers/changes.js';
import {
  DESTINATION,
  openForwardingBench,
  type ForwardingBench,
  type Worker,
} from '../../helpers/forwarding.js';
import { createTemporaryFolder } from '../../helpers/temporary-folder.js';

const SETTINGS = { certFile: 'client.pem', keyFile: 'secrets/client.key', caFile: 'ca.pem' };
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe('a destination that asks for our certificate', () => {
  let bench: ForwardingBench;
  let folder: ReturnType<typeof createTemporaryFolder>;
  let authority: Authority;
  let server: Server;
  let shown: string[];
  let undo: (() => unknown)[];

  beforeEach(async () => {
    bench = await openForwardingBench();
    bench.now = new Date();
    folder = createTemporaryFolder();
    authority = createAuthority('City CA');
    shown = [];
    undo = [];
    mkdirSync(path.join(folder.path, 'secrets'));
    writeFileSync(path.join(folder.path, 'ca.pem'), authority.cert);
    server = createServer(
      { ...authority.issue('localhost'), ca: authority.cert, requestCert: true, rejectUnauthorized: true },
      (request, response) => {
        const { socket } = request;
        if (socket instanceof TLSSocket) shown.push(String(socket.getPeerCertificate().subject.CN));
        request.resume().on('end', () => response.end('{"errorCode":"200"}'));
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    for (const stop of undo.reverse()) await stop();
    await bench.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    folder.remove();
  });

  const install = ({ cert, key }: Issued): void => {
    writeFileSync(path.join(folder.path, SETTINGS.certFile), cert);
    writeFileSync(path.join(folder.path, SETTINGS.keyFile), key);
  };
  const worker = (port = (server.address() as AddressInfo).port): Worker => {
    const destination = { ...DESTINATION, clientIdentity: SETTINGS };
    const http = openDestinationClient(
      {
        stops: { push: (_name: string, stop: () => Promise<void>) => void undo.push(stop) } as never,
        clock: () => bench.now,
        environment: { configDir: folder.path } as never,
      },
      destination,
    );
    return bench.forwarder({}, { http, city: { url: `https://localhost:${port}`, token: '' } });
  };
  const parked = async (): Promise<string | null> =>
    (await bench.query<{ reason: string | null }>('select parked_reason as reason from destinations'))[0]!
      .reason;
  const advance = (ms: number): void => void (bench.now = new Date(bench.now.getTime() + ms));

  it('is shown it, and a renewed one without a restart', async () => {
    install(authority.issue('first'));
    await writeChunk(bench.test.database, { changes: firstVersions(1) });
    const by = worker();
    await by.work();
    install(authority.issue('second'));
    await writeChunk(bench.test.database, { changes: firstVersions(1, 2) });
    await by.work();
    assert.deepEqual(shown, ['first', 'second']);
    assert.equal(await parked(), null);
  });

  for (const [name, spoil, reason] of [
    ['is over', () => install(authority.issue('old', -1000)), 'CERT_OF_OURS_HAS_EXPIRED'],
    ['is no certificate', () => install({ cert: 'x', key: 'x' }), 'CERT_IS_NO_CERTIFICATE'],
    [
      'has another key',
      () => install({ ...authority.issue('one'), key: authority.issue('other').key }),
      'CERT_AND_KEY_DIFFER',
    ],
    ['is not there', () => undefined, 'CERT_FILE_UNREADABLE'],
  ] satisfies [string, () => void, string][])
    it(`is parked where ours ${name}, is not called meanwhile, and goes on once it is renewed`, async () => {
      spoil();
      await writeChunk(bench.test.database, { changes: firstVersions(3) });
      const by = worker();
      await by.work();
      assert.deepEqual([await parked(), shown], [reason, []]);
      assert.equal((await bench.query('select from refusals')).length, 0);
      install(authority.issue('renewed'));
      advance(60_000);
      await by.work();
      assert.deepEqual([await parked(), shown], [null, ['renewed']]);
    });

  it('is parked where it is not the server that it says, by its authority', async () => {
    install(authority.issue('client'));
    writeFileSync(path.join(folder.path, 'ca.pem'), createAuthority('Another CA').cert);
    await writeChunk(bench.test.database, { changes: firstVersions(1) });
    await worker().work();
    assert.match((await parked()) ?? '', /^(UNABLE_TO_\w+|SELF_SIGNED_CERT_IN_CHAIN)$/);
  });

  it('is parked by the alert of a server that does not know the authority of ours', async function () {
    if (!hasOpenssl) this.skip();
    const { cert, key } = authority.issue('localhost');
    writeFileSync(path.join(folder.path, 'server.pem'), `${cert}${key}`);
    const port = await startOpenssl(folder.path);
    install(createAuthority('Another CA').issue('stranger'));
    await writeChunk(bench.test.database, { changes: firstVersions(1) });
    await worker(port).work();
    assert.match((await parked()) ?? '', /ALERT_UNKNOWN_CA$/);
    assert.equal((await bench.query('select from refusals')).length, 0);
  });

  async function startOpenssl(cwd: string): Promise<number> {
    const verify = ['-CAfile', 'ca.pem', '-Verify', '1', '-verify_return_error'];
    const child: ChildProcess = spawn(
      'openssl',
      ['s_server', '-accept', '127.0.0.1:0', '-cert', 'server.pem', '-key', 'server.pem', ...verify],
      { cwd, stdio: ['pipe', 'pipe', 'ignore'] },
    );
    undo.push(() => child.kill());
    let said = '';
    for await (const chunk of child.stdout!) {
      said += String(chunk);
      const port = /ACCEPT \S+:(\d+)/.exec(said)?.[1];
      if (port !== undefined) return Number(port);
    }
    throw new Error('openssl does not listen');
  }
});
