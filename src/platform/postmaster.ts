// The server process over a data folder: whether it answers, starting it and stopping it with pg_ctl, which
// gives it a session of its own, so that a Ctrl-C of ours does not reach it.
import { chownSync, closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { clusterFolder, type ClusterPlace } from './postgres-cluster.js';
import { identify } from './process-identity.js';
import { runProgram, type ProgramResult } from './run-program.js';

/** `accepting` connections; `busy` starting up, recovering or shutting down; `silent`: nothing there answers. */
export type Answer = 'accepting' | 'busy' | 'silent';

const PROBE_MS = 3_000;
const START_LIMIT_S = 900;
const STOP_LIMIT_S = 60;
const PORT_LINE = 3;
/** SQLSTATE of a server that starts up, recovers or shuts down; any other answer comes from one that runs. */
const CANNOT_CONNECT_NOW = 'C57P03';
const PROTOCOL_3 = 196_608;
/** Only what every build knows: lz4 and zstd for wal_compression are not in all of them. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  wal_compression: 'on',
  max_connections: '60',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** Gives the port of the server that has the data folder; undefined when its process is dead or unknown. */
export function findPort(dataDir: string): number | undefined {
  const file = path.join(clusterFolder(dataDir), 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, 'utf8').split('\n');
  const port = Number(lines[PORT_LINE]);
  return identify(Number(lines[0])) !== undefined && port > 0 ? port : undefined;
}

/** Asks whether a PostgreSQL on this port takes connections: a pid that exists proves nothing. */
export function probe(port: number): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    const end = (answer: Answer): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(PROBE_MS, () => end('silent'));
    socket.on('error', () => end('silent'));
    socket.on('close', () => end('silent'));
    socket.on('connect', () => socket.write(startupMessage()));
    socket.on('data', (bytes) => end(bytes.includes(CANNOT_CONNECT_NOW) ? 'busy' : 'accepting'));
  });
}

/** Starts the server on a port and waits until it has recovered and answers; `output` ends with what its log says. */
export async function startPostmaster(place: ClusterPlace, port: number): Promise<ProgramResult> {
  const log = path.join(place.dataDir, 'postgres.log');
  closeSync(openSync(log, 'a', 0o600));
  const logged = statSync(log).size;
  if (place.user !== undefined) chownSync(log, place.user.uid, place.user.gid);
  const settings = Object.entries(SETTINGS).map(([name, value]) => `-c ${name}=${value}`);
  const result = await pgCtl(place, [
    'start',
    '-w',
    ...['-t', String(START_LIMIT_S)],
    ...['-l', log],
    ...['-o', `-p ${port} ${settings.join(' ')}`],
  ]);
  if (result.code === 0) return result;
  return { ...result, output: `${result.output}\n${readFileSync(log).subarray(logged).toString().trim()}` };
}

/** Stops the server: sessions are ended, what was committed is on disk. */
export function stopPostmaster(place: ClusterPlace): Promise<ProgramResult> {
  return pgCtl(place, ['stop', '-w', '-m', 'fast', '-t', String(STOP_LIMIT_S)]);
}

/** Finds a port on 127.0.0.1 that nobody listens on now. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function pgCtl(place: ClusterPlace, args: readonly string[]): Promise<ProgramResult> {
  const { binaries, dataDir, user } = place;
  const folder = clusterFolder(dataDir);
  return runProgram(binaries.pgCtl, [...args, '-D', folder], { cwd: folder, user });
}

function startupMessage(): Buffer {
  const parameters = Buffer.from('user\0postgres\0database\0postgres\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + parameters.length, 0);
  head.writeInt32BE(PROTOCOL_3, 4);
  return Buffer.concat([head, parameters]);
}
