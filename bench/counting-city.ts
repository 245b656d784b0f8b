// A city that only counts, in a process of its own: it takes every record and keeps none. Prints its address at once
// and, for each line it reads, what it has counted. node counting-city.js
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import type { AddressInfo } from 'node:net';

const OPERATION = Buffer.from('"operation":"');
const counted = { records: 0, messages: 0, bytes: 0, firstAtMs: 0, lastAtMs: 0 };

function countRecords(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(OPERATION); at !== -1; at = body.indexOf(OPERATION, at + OPERATION.length))
    count += 1;
  return count;
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    if (request.method !== 'POST') return response.writeHead(404).end();
    const body = Buffer.concat(pieces);
    const records = countRecords(body);
    const nowMs = Date.now();
    counted.records += records;
    counted.messages += 1;
    counted.bytes += body.length;
    counted.firstAtMs ||= nowMs;
    counted.lastAtMs = nowMs;
    const taken = { receiptId: `R${counted.messages}`, receivedAt: new Date(nowMs).toISOString() };
    const sizes = { totalSize: records, successSize: records, failSize: 0, failures: [] };
    return response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ errorCode: '200', errorMsg: 'OK', ...taken, ...sizes }));
  });
}

const server = createServer(answer).listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
createInterface({ input: process.stdin })
  .on('line', () => console.log(JSON.stringify(counted)))
  .on('close', () => {
    server.close();
    server.closeAllConnections();
  });
