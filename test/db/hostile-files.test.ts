// What bad input gets: refused in under 5 s with its own code, without much memory, with nothing stored,
// and the next batch is none the worse for it. What breaks behind the first 1,000 rows keeps the rows before.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import path from 'node:path';
import { Readable } from 'node:stream';
import { isGatewayError } from '../../src/core/errors.js';
import { HEADINGS, penaltyRow } from '../../bench/penalty-rows.js';
import { openIntakeBench, type IntakeBench } from '../helpers/intake.js';
import { makeWorkbook, workbookParts } from '../helpers/make-workbook.js';
import { AGENCY, cleanPenalties } from '../helpers/penalties.js';
import { packBomb, type ZipEntrySpec } from '../helpers/zip-writer.js';

const MEGABYTE = 1_048_576;
const MAX_MS = 5000;
const MAX_GROWTH = 300 * MEGABYTE;

const entry = (n: number): Record<string, string> =>
  Object.fromEntries(HEADINGS.map((heading, i) => [heading, penaltyRow(n, AGENCY)[i] ?? '']));
const json = (n: number): string => JSON.stringify(entry(n));
const xml = (n: number): string =>
  `<DATA>${Object.entries(entry(n))
    .map(([key, value]) => `<${key}>${value}</${key}>`)
    .join('')}</DATA>`;
const deep = (open: string, close: string, levels: number): string =>
  open.repeat(levels) + close.repeat(levels);
function* flood(head: string, piece: string, megabytes: number): Generator<Buffer> {
  yield Buffer.from(head);
  const bytes = Buffer.from(piece.repeat(Math.ceil(MEGABYTE / Buffer.byteLength(piece))));
  for (let i = 0; i < megabytes; i += 1) yield bytes;
}

interface Hostile {
  readonly what: string;
  readonly code: string;
  readonly body: () => string | Buffer | Readable;
}

const SHEET = 'xl/worksheets/sheet1.xml';
const sheetBomb = (megabytes: number): ZipEntrySpec =>
  packBomb(SHEET, {
    head: '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>',
    piece: '<row><c t="inlineStr"><is><t>x</t></is></c></row>'.repeat(20_000),
    times: megabytes,
    tail: '</sheetData></worksheet>',
  });
const halfOf = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length >> 1);

const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';
const LAUGHS = `${XML}<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><DATAS><DATA>&b;</DATA></DATAS>`;

const HOSTILE: readonly Hostile[] = [
  { what: 'nothing', code: 'file.empty', body: () => '' },
  { what: 'JSON that ends in the middle', code: 'file.truncated', body: () => `[${json(1)},{"CF_WSH":"津` },
  { what: 'JSON with a comma too much', code: 'file.malformed', body: () => `[${json(1)},]` },
  { what: 'JSON with something behind it', code: 'file.malformed', body: () => `[${json(1)}] x` },
  {
    what: 'JSON with a key twice',
    code: 'file.key-repeated',
    body: () => `[${json(1).replace('{', '{"BZ":"先",')}]`,
  },
  {
    what: 'JSON with __proto__',
    code: 'file.key-not-allowed',
    body: () => `[{"__proto__":{"a":1},${json(1).slice(1)}]`,
  },
  { what: 'JSON nested 100,000 deep', code: 'file.limit-exceeded', body: () => deep('[', ']', 100_000) },
  {
    what: 'an entry nested 100,000 deep',
    code: 'file.limit-exceeded',
    body: () => `[{"BZ":${deep('[', ']', 100_000)}}]`,
  },
  { what: 'JSON without rows', code: 'file.rows-not-found', body: () => '{"code":0,\n"message":"ok"}' },
  {
    what: '100 MB in one JSON string',
    code: 'file.row-too-long',
    body: () => Readable.from(flood('[{"BZ":"', 'x', 100)),
  },
  {
    what: 'NDJSON with a broken line',
    code: 'file.malformed',
    body: () => `${json(1)}\n{"CF_WSH":}\n${json(2)}\n`,
  },
  {
    what: 'NDJSON with 100 MB on one line',
    code: 'file.row-too-long',
    body: () => Readable.from(flood(`${json(1)}\n{"BZ":"`, 'x', 100)),
  },
  { what: 'XML with a DOCTYPE and entities', code: 'file.doctype', body: () => LAUGHS },
  {
    what: 'XML with an external entity',
    code: 'file.doctype',
    body: () => `${XML}<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x"><DATAS/>`,
  },
  {
    what: 'XML with an unknown entity',
    code: 'file.malformed',
    body: () => `${XML}<DATAS><DATA><BZ>&nbsp;</BZ></DATA></DATAS>`,
  },
  {
    what: 'XML that ends in the middle',
    code: 'file.truncated',
    body: () => `${XML}<DATAS>${xml(1)}<DATA><BZ>`,
  },
  {
    what: 'XML nested 100,000 deep',
    code: 'file.limit-exceeded',
    body: () => XML + deep('<a>', '</a>', 100_000),
  },
  {
    what: 'XML with 100 MB in one element',
    code: 'file.row-too-long',
    body: () => Readable.from(flood(`${XML}<DATAS><DATA><BZ>`, 'x', 100)),
  },
  { what: 'XML without rows', code: 'file.rows-not-found', body: () => `${XML}<A><B>1</B></A>` },
  {
    what: 'a web page that calls itself .xls',
    code: 'upload.type-not-supported',
    body: () => '<html><table><tr><td>1</td></tr></table></html>',
  },
  { what: 'a PDF', code: 'upload.type-not-supported', body: () => '%PDF-1.7\n1 0 obj' },
  {
    what: 'a legacy workbook',
    code: 'upload.type-not-supported',
    body: () => Buffer.from('d0cf11e0a1b11ae1', 'hex'),
  },
  {
    what: 'a workbook that unpacks to 500 MB',
    code: 'file.too-large',
    body: () => makeWorkbook({ entries: [sheetBomb(500)] }),
  },
  {
    what: 'a workbook with a DOCTYPE',
    code: 'file.doctype',
    body: () =>
      makeWorkbook({
        entries: [{ name: SHEET, content: `<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>` }],
      }),
  },
  { what: 'half a workbook', code: 'file.truncated', body: () => halfOf(makeWorkbook()) },
  {
    what: 'NDJSON with a key twice',
    code: 'file.key-repeated',
    body: () => `${json(1)}\n${json(2).replace('{', '{"BZ":"先",')}\n`,
  },
  { what: 'NUL bytes', code: 'upload.type-not-supported', body: () => Buffer.alloc(1000) },
  {
    what: 'CSV with 100 MB on one line',
    code: 'file.row-too-long',
    body: () => Readable.from(flood(cleanPenalties(1), 'x', 100)),
  },
  {
    what: 'CSV with 10,000 columns',
    code: 'file.too-large',
    body: () => `${cleanPenalties(1)}${'x,'.repeat(10_000)}\r\n`,
  },
  {
    what: 'CSV with a cell of 200,000 characters',
    code: 'file.limit-exceeded',
    body: () => `${cleanPenalties(1)}${'x'.repeat(200_000)}\r\n`,
  },
];

describe('hostile and broken files', function () {
  this.timeout(60_000);
  let bench: IntakeBench;
  /** Where a hostile file would have us call: whoever connects is counted. */
  let trap: Server;
  let calls = 0;
  before(async () => {
    bench = await openIntakeBench();
    trap = createServer((socket) => {
      calls += 1;
      socket.destroy();
    });
    trap.listen(0, '127.0.0.1');
    await once(trap, 'listening');
  });
  after(async () => {
    trap.close();
    await bench.close();
  });
  const kept = (): string[] =>
    readdirSync(path.join(bench.folder, 'originals'), { recursive: true }) as string[];
  const leavesNothing = async (): Promise<void> => {
    const { rows } = await bench.test.database.query('select 1 from batches');
    assert.deepEqual([rows.length, kept().length, calls], [0, 0, 0]);
  };

  for (const { what, code, body } of HOSTILE)
    it(`${what}: ${code}`, async () => {
      const before = process.memoryUsage.rss();
      let peak = before;
      const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 10);
      const start = performance.now();
      try {
        await assert.rejects(bench.receive(body()), (error) => {
          assert.ok(isGatewayError(error), String(error));
          assert.equal(error.code, code);
          return true;
        });
      } finally {
        clearInterval(watch);
      }
      assert.ok(performance.now() - start < MAX_MS, 'refused in under 5 s');
      assert.ok(peak - before < MAX_GROWTH, `grew by ${Math.round((peak - before) / MEGABYTE)} MB`);
      await leavesNothing();
    });

  it('XML that names another host calls nobody', async () => {
    const { port } = trap.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/x`;
    for (const body of [
      `${XML}<!DOCTYPE a SYSTEM "${url}"><DATAS/>`,
      `${XML}<!DOCTYPE a [<!ENTITY x SYSTEM "${url}">]><DATAS><DATA><BZ>&x;</BZ></DATA></DATAS>`,
      `${XML}<?xml-stylesheet href="${url}"?><DATAS xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="${url}"/></DATAS>`,
    ])
      await assert.rejects(bench.receive(body), isGatewayError);
    const [sheet] = workbookParts().filter(({ name }) => name.endsWith('sheet1.xml'));
    const body = `<!DOCTYPE worksheet SYSTEM "${url}">${String(sheet?.content ?? '')}`;
    const workbook = makeWorkbook({ entries: [{ name: sheet?.name ?? '', content: body }] });
    await assert.rejects(bench.receive(workbook), isGatewayError);
    await leavesNothing();
  });

  it('leave nothing behind, and the next batch is none the worse', async () => {
    await leavesNothing();
    const { counts } = await bench.ingest(cleanPenalties(3));
    assert.equal(counts.new, 3);
  });

  const rows = Array.from({ length: 2500 }, (_, n) => n + 10);
  const BREAKS: readonly (readonly [what: string, body: string])[] = [
    ['JSON', `[${rows.map(json).join(',')},{"BZ":`],
    ['NDJSON', `${rows.map(json).join('\n')}\n{"BZ":\n${json(9)}\n`],
    ['XML', `${XML}<DATAS>${rows.map(xml).join('\n')}<DATA><BZ></DATA></DATAS>`],
  ];
  for (const [what, body] of BREAKS)
    it(`${what} that breaks behind its first 1,000 rows keeps what came before, and says where`, async () => {
      const batch = await bench.ingest(body);
      assert.equal(batch.status, 'partially-accepted');
      assert.equal(batch.counts.received, rows.length);
      const { problems } = await bench.problems(batch.id);
      assert.deepEqual(
        problems.map(({ code, row }) => [code, row]),
        [['file.broken-off', rows.length + 1]],
      );
    });

  it('a row with NUL or half a character is rejected, and the others are taken', async () => {
    const body = [
      json(5000),
      json(5001).replace('"BZ":""', '"BZ":"\\u0000"'),
      json(5002).replace('"BZ":""', '"BZ":"\\ud800"'),
    ];
    const { counts, id } = await bench.ingest(`[${body.join(',')}]`);
    assert.deepEqual([counts.new, counts.rejected], [1, 2]);
    const { problems } = await bench.problems(id);
    assert.deepEqual(new Set(problems.map(({ code }) => code)), new Set(['value.control-characters']));
  });
});
