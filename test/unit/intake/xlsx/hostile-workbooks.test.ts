// Workbooks that mean harm: each is refused quickly and in little memory, and would be read were it not for its guard.
import assert from 'node:assert/strict';
import { isGatewayError, type ErrorCode } from '../../../../src/core/errors.js';
import type { ReadingLimits } from '../../../../src/core/reading-limits.js';
import { openWorkbook } from '../../../../src/intake/xlsx/open-workbook.js';
import { columnLetters, makeWorkbook, workbookParts } from '../../../helpers/make-workbook.js';
import { bytesOfBuffer, LIMITS, NO_LIMITS, readSheet } from '../../../helpers/read-workbook.js';
import { makeZip, packBomb, type ZipEntrySpec } from '../../../helpers/zip-writer.js';
import { startProcessorWatch } from '../../../helpers/processor-time.js';

const MEGABYTE = 1_048_576;
/** Of the processor: what else a machine does is not the workbook's fault. */
const MAX_MS = 5000;
const MAX_GROWTH = 300 * MEGABYTE;
const SHEET = 'xl/worksheets/sheet1.xml';
const STRINGS = 'xl/sharedStrings.xml';
const MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';

interface Outcome {
  readonly rows: number;
  readonly fault: unknown;
}

/** Reads at most `mostRows` rows, and sees to it that neither time nor memory runs away. */
async function readGuarded(
  buffer: Buffer,
  limits: Partial<ReadingLimits> = {},
  mostRows = Infinity,
): Promise<Outcome> {
  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5);
  const processorMs = startProcessorWatch();
  const outcome = await readSome(buffer, { ...LIMITS, ...limits }, mostRows);
  const took = processorMs();
  clearInterval(watch);
  const grown = Math.max(peak, process.memoryUsage.rss()) - before;
  assert.ok(took < MAX_MS, `took ${Math.round(took)} ms`);
  assert.ok(grown < MAX_GROWTH, `grew by ${Math.round(grown / MEGABYTE)} MB`);
  return outcome;
}

async function readSome(buffer: Buffer, limits: ReadingLimits, mostRows: number): Promise<Outcome> {
  let rows = 0;
  try {
    const workbook = await openWorkbook(bytesOfBuffer(buffer), limits);
    for await (const piece of workbook.rows(workbook.sheets[0]!)) {
      rows += piece.length;
      if (rows >= mostRows) break;
    }
    await workbook.close();
    return { rows, fault: undefined };
  } catch (fault) {
    return { rows, fault };
  }
}

function assertRefused(fault: unknown, code: ErrorCode, limit?: keyof ReadingLimits): void {
  assert.ok(isGatewayError(fault, code), `${code} was awaited, not ${String(fault)}`);
  assert.equal(fault.details['limit'], limit);
  assert.ok(fault.detailZh !== undefined);
}

const withEntries = (...entries: ZipEntrySpec[]): Buffer => makeWorkbook({ entries });
const repeat = (piece: string): string => piece.repeat(Math.ceil(MEGABYTE / Buffer.byteLength(piece)));
const sheetXml = (data: string): string => `<worksheet ${MAIN}><sheetData>${data}</sheetData></worksheet>`;
const sheetBomb = (piece: string, megabytes: number): ZipEntrySpec =>
  packBomb(SHEET, {
    head: `<worksheet ${MAIN}><sheetData>`,
    piece: repeat(piece),
    times: megabytes,
    tail: '</sheetData></worksheet>',
  });
const stringsBomb = (piece: string, megabytes: number): ZipEntrySpec =>
  packBomb(STRINGS, { head: `<sst ${MAIN}>`, piece: repeat(piece), times: megabytes, tail: '</sst>' });
const ROW = `<row><c t="inlineStr"><is><t>${'滨'.repeat(300)}</t></is></c></row>`;
const LAST_STRING = sheetXml('<row r="1"><c r="A1" t="s"><v>500000</v></c></row>');

describe('a zip bomb', function () {
  this.timeout(60_000);

  it('of 500 MB in a sheet is refused by the directory; without the limit it is read on and on', async () => {
    const bomb = withEntries(sheetBomb(ROW, 500));
    assert.ok(bomb.length < 5 * MEGABYTE);
    const { rows, fault } = await readGuarded(bomb);
    assertRefused(fault, 'file.too-large', 'maxUnpackedBytes');
    assert.equal(rows, 0);
    const lifted = await readGuarded(bomb, NO_LIMITS, 100_000);
    assert.ok(lifted.rows >= 100_000 && lifted.fault === undefined, String(lifted.fault));
  });

  it('of 500 MB in shared strings is refused by the directory; without the limit they are all loaded', async () => {
    const bomb = withEntries(stringsBomb(`<si><t>${'x'.repeat(1000)}</t></si>`, 500), {
      name: SHEET,
      content: LAST_STRING,
    });
    assertRefused((await readGuarded(bomb)).fault, 'file.too-large', 'maxUnpackedBytes');
    const small = withEntries(stringsBomb(`<si><t>${'x'.repeat(1000)}</t></si>`, 60), {
      name: SHEET,
      content: LAST_STRING.replace('500000', '50000'),
    });
    assert.deepEqual(await readGuarded(small, NO_LIMITS), { rows: 1, fault: undefined });
    assertRefused(
      (await readGuarded(small, { maxUnpackedBytes: 32 * MEGABYTE })).fault,
      'file.too-large',
      'maxUnpackedBytes',
    );
  });

  it('whose directory says that it is small is refused at the first byte too much', async () => {
    for (const [bomb, data] of [
      [sheetBomb(ROW, 500), undefined],
      [stringsBomb(`<si><t>${'x'.repeat(1000)}</t></si>`, 500), LAST_STRING],
    ] as const) {
      const sheet = data === undefined ? [] : [{ name: SHEET, content: data }];
      const { rows, fault } = await readGuarded(withEntries({ ...bomb, declaredSize: 100_000 }, ...sheet));
      assertRefused(fault, 'file.malformed');
      assert.ok(rows < 200);
    }
  });

  it('of a long text that is named again and again is refused by what it would come to', async () => {
    const cells = Array.from({ length: 10 }, () => '<c t="s"><v>0</v></c>').join('');
    const bomb = makeWorkbook({
      sst: `<si><t>${'x'.repeat(100_000)}</t></si>`,
      sheets: [{ data: `<row>${cells}</row>`.repeat(50_000) }],
    });
    const { rows, fault } = await readGuarded(bomb);
    assertRefused(fault, 'file.too-large', 'maxUnpackedBytes');
    assert.ok(rows < 100);
    assert.ok((await readGuarded(bomb, NO_LIMITS, 1000)).rows >= 1000);
  });

  it('of entries that share their data is refused by their sum, and where no sum is set by their overlap', async () => {
    const first = packBomb('a0', { head: '', piece: 'x'.repeat(MEGABYTE), times: 10, tail: '' });
    const others = Array.from({ length: 500 }, (_, i) => ({ ...first, name: `a${i + 1}`, sameDataAs: 'a0' }));
    const bomb = makeZip([...workbookParts(), first, ...others]);
    const limits = { maxUnpackedBytes: 20 * MEGABYTE };
    assertRefused((await readGuarded(bomb, limits)).fault, 'file.too-large', 'maxUnpackedBytes');
    assertRefused((await readGuarded(bomb, NO_LIMITS)).fault, 'file.malformed');
    assert.deepEqual(await readGuarded(makeZip([...workbookParts(), first])), { rows: 4, fault: undefined });
  });

  it('of many entries is refused by their number', async () => {
    const entries = Array.from({ length: 1000 }, (_, i) => ({ name: `x/${i}.xml`, content: '' }));
    const bomb = makeZip([...workbookParts(), ...entries]);
    assertRefused((await readGuarded(bomb)).fault, 'file.too-large', 'maxEntries');
    assert.deepEqual(await readGuarded(bomb, { maxEntries: Infinity }), { rows: 4, fault: undefined });
  });

  it('in a part that is read as a whole is refused by the size of such parts', async () => {
    const styles = packBomb('xl/styles.xml', {
      head: `<styleSheet ${MAIN}><cellXfs>`,
      piece: repeat('<xf numFmtId="14"/>'),
      times: 60,
      tail: '</cellXfs></styleSheet>',
    });
    assertRefused(
      (await readGuarded(withEntries(styles), NO_LIMITS)).fault,
      'file.too-large',
      'maxUnpackedBytes',
    );
  });

  it('within a ZIP file is not unpacked', async () => {
    const inner = makeZip([
      packBomb('0.txt', { head: '', piece: 'x'.repeat(MEGABYTE), times: 10, tail: '' }),
    ]);
    const { fault } = await readGuarded(makeZip([{ name: 'a.zip', content: inner, isStored: true }]));
    assertRefused(fault, 'upload.type-not-supported');
  });
});

describe('a limit of a workbook', function () {
  this.timeout(60_000);

  it('holds for 100 MB of text in one cell', async () => {
    const cell = (text: string): string => `<row><c t="inlineStr"><is><t>${text}</t></is></c></row>`;
    const bomb = makeWorkbook({ sheets: [{ data: cell('a') + cell('x'.repeat(60 * MEGABYTE)) }] });
    const { rows, fault } = await readGuarded(bomb);
    assertRefused(fault, 'file.limit-exceeded', 'maxCellCharacters');
    assert.equal(rows, 1);
    const longer = makeWorkbook({ sheets: [{ data: cell('x'.repeat(100_001)) }] });
    assertRefused((await readGuarded(longer)).fault, 'file.limit-exceeded', 'maxCellCharacters');
    assert.equal((await readGuarded(longer, { maxCellCharacters: 100_001 })).rows, 1);
  });

  it('holds for a long shared string where a cell has it, and only there', async () => {
    const sst = `<si><t>a</t></si><si><t>${'滨'.repeat(100_001)}</t></si><si><t>c</t></si>`;
    const sheet = (index: number): string =>
      `<row><c t="s"><v>0</v></c></row><row><c t="s"><v>${index}</v></c></row>`;
    const { rows, fault } = await readGuarded(makeWorkbook({ sst, sheets: [{ data: sheet(1) }] }));
    assertRefused(fault, 'file.limit-exceeded', 'maxCellCharacters');
    assert.equal(rows, 1);
    assert.equal((await readGuarded(makeWorkbook({ sst, sheets: [{ data: sheet(2) }] }))).rows, 2);
    const allowed = { maxCellCharacters: 100_001 };
    assert.equal((await readGuarded(makeWorkbook({ sst, sheets: [{ data: sheet(1) }] }), allowed)).rows, 2);
  });

  it('counts the characters of a cell, not how they are written', async () => {
    const text = '_x4E2D_'.repeat(100);
    const sheets = [{ data: `<row><c t="inlineStr"><is><t>${text}</t></is></c></row>` }];
    assert.equal((await readGuarded(makeWorkbook({ sheets }), { maxCellCharacters: 100 })).rows, 1);
    assertRefused(
      (await readGuarded(makeWorkbook({ sheets }), { maxCellCharacters: 99 })).fault,
      'file.limit-exceeded',
      'maxCellCharacters',
    );
  });

  it('holds for a row of many cells, each short enough', async () => {
    const rows = [['a'], Array.from({ length: 12 }, (_, i) => `${i}${'x'.repeat(99_000)}`)];
    const { rows: read, fault } = await readGuarded(makeWorkbook({ sheets: [{ rows }] }));
    assert.ok(isGatewayError(fault, 'file.row-too-long'));
    assert.equal(read, 1);
  });

  it('holds for columns with content, shared or inline, and not for blank ones', async () => {
    const wide = (cell: string): string => `<row r="1"><c r="A1" t="str"><v>a</v></c>${cell}</row>`;
    const read = (cell: string, limits: Partial<ReadingLimits> = {}): Promise<Outcome> =>
      readGuarded(
        makeWorkbook({ sst: '<si><t> </t></si><si><t>x</t></si>', sheets: [{ data: wide(cell) }] }),
        limits,
      );
    for (const full of [
      '<c r="XFD1" t="s"><v>1</v></c>',
      '<c r="XFD1" t="str"><v>x</v></c>',
      '<c r="XFD1"><v>1</v></c>',
      `<c r="${columnLetters(500)}1"><v>1</v></c>`,
    ]) {
      assertRefused((await read(full)).fault, 'file.too-large', 'maxColumns');
      assert.equal((await read(full, { maxColumns: Infinity })).rows, 1);
    }
    for (const blank of [
      '<c r="XFD1" s="1"/>',
      '<c r="XFD1" s="1"><v></v></c>',
      '<c r="XFD1" t="s"><v>0</v></c>',
      '<c r="XFD1" t="inlineStr"><is><t xml:space="preserve"> </t></is></c>',
      `<c r="${columnLetters(499)}1"><v>1</v></c>`,
    ])
      assert.deepEqual(await read(blank), { rows: 1, fault: undefined });
  });

  it('keeps blank cells at the end of a hundred thousand rows from costing memory', async () => {
    const data = '<row><c t="str"><v>a</v></c><c r="XFD1" t="s"><v>0</v></c></row>';
    const rows = Array.from({ length: 100_000 }, (_, i) => data.replace('XFD1', `XFD${i + 1}`)).join('');
    const { fault } = await readGuarded(makeWorkbook({ sst: '<si><t/></si>', sheets: [{ data: rows }] }));
    assert.equal(fault, undefined);
  });

  it('ends a sheet of more rows than are allowed', async () => {
    const sheets = [{ rows: Array.from({ length: 2000 }, (_, i) => [String(i)]) }];
    const { rows, fault } = await readGuarded(makeWorkbook({ sheets }), { maxRows: 500 });
    assertRefused(fault, 'file.too-large', 'maxRows');
    assert.ok(rows >= 500 && rows < 600, String(rows));
    assert.equal((await readGuarded(makeWorkbook({ sheets }))).rows, 2000);
  });
});

describe('broken XML in a workbook', function () {
  this.timeout(60_000);
  const PARTS = [
    '[Content_Types].xml',
    '_rels/.rels',
    'xl/workbook.xml',
    'xl/_rels/workbook.xml.rels',
    'xl/styles.xml',
    STRINGS,
    SHEET,
  ];
  const changed = (name: string, change: (xml: string) => string): Buffer =>
    makeZip(
      workbookParts().map((part) =>
        part.name === name ? { ...part, content: change(String(part.content)) } : part,
      ),
    );
  const insideRoot = (xml: string, piece: string): string =>
    xml.replace(/<\/[^<]*>\s*$/, (tag) => piece + tag);
  const afterDeclaration = (xml: string, piece: string): string => xml.replace('?>', `?>${piece}`);
  const deep = (levels: number): string => '<a>'.repeat(levels) + '</a>'.repeat(levels);
  const many = Array.from({ length: 5000 }, (_, i) => ` a${i}="1"`).join('');

  const BREAKS: readonly (readonly [what: string, code: ErrorCode, change: (xml: string) => string])[] = [
    ['a DOCTYPE', 'file.doctype', (xml) => afterDeclaration(xml, '<!DOCTYPE a>')],
    [
      'a billion laughs',
      'file.doctype',
      (xml) => afterDeclaration(xml, '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'),
    ],
    [
      'an external DTD',
      'file.doctype',
      (xml) => afterDeclaration(xml, '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">'),
    ],
    ['an unknown entity', 'file.malformed', (xml) => insideRoot(xml, '<a>&nbsp;</a>')],
    ['an unknown entity in an attribute', 'file.malformed', (xml) => insideRoot(xml, '<a b="&b;"/>')],
    ['a reference to NUL', 'file.malformed', (xml) => insideRoot(xml, '<a>&#0;</a>')],
    ['an & of its own', 'file.malformed', (xml) => insideRoot(xml, '<a>x & y, which goes on and on</a>')],
    ['a control character', 'file.malformed', (xml) => insideRoot(xml, '<a>\u0001</a>')],
    ['a tag that is not closed', 'file.malformed', (xml) => insideRoot(xml, '<a><b></a>')],
    ['an end tag too much', 'file.malformed', (xml) => insideRoot(xml, '</a>')],
    ['a second root', 'file.malformed', (xml) => `${xml}<a/>`],
    ['text behind its root', 'file.malformed', (xml) => `${xml}x`],
    ['an attribute without quotes', 'file.malformed', (xml) => insideRoot(xml, '<a b=c/>')],
    ['a < in an attribute', 'file.malformed', (xml) => insideRoot(xml, '<a b="<"/>')],
    ['another encoding', 'file.malformed', (xml) => xml.replace('UTF-8', 'GB2312')],
    ['elements 100,000 deep', 'file.malformed', (xml) => insideRoot(xml, deep(100_000))],
    ['5,000 attributes', 'file.malformed', (xml) => insideRoot(xml, `<a${many}/>`)],
  ];
  for (const [what, code, change] of BREAKS)
    it(`${what} is refused in every part: ${code}`, async () => {
      for (const part of PARTS) {
        const { fault } = await readGuarded(changed(part, change));
        assert.ok(isGatewayError(fault, code), `${part}: ${String(fault)}`);
      }
    });

  it('is refused where a part ends in the middle', async () => {
    for (const part of PARTS) {
      const { fault } = await readGuarded(changed(part, (xml) => xml.slice(0, -8)));
      assert.ok(isGatewayError(fault), part);
      assert.match(fault.code, /^file\.(truncated|malformed)$/, part);
    }
  });

  it('is refused where bytes are not UTF-8', async () => {
    for (const name of PARTS) {
      const parts = workbookParts().map((part) => {
        if (part.name !== name) return part;
        const text = insideRoot(String(part.content), '<a>\u00ff</a>');
        return { ...part, content: Buffer.from(text, 'latin1') };
      });
      const { fault } = await readGuarded(makeZip(parts));
      assert.ok(isGatewayError(fault, 'file.malformed'), `${name}: ${String(fault)}`);
    }
  });

  it('is refused where a tag, an attribute or a comment never ends', async () => {
    for (const endless of ['<a ', '<a b="', '<!--', '<![CDATA[', '<?a ', '<a', '<a  '])
      for (const bomb of [sheetBomb, stringsBomb]) {
        const entry = bomb('x'.repeat(1024), 50);
        const parts = {
          head: `<${bomb === sheetBomb ? 'worksheet' : 'sst'} ${MAIN}>${endless}`,
          piece: repeat('x '),
          times: 50,
          tail: '',
        };
        const { fault } = await readGuarded(withEntries(packBomb(entry.name, parts)));
        assertRefused(fault, 'file.malformed');
      }
  });

  it('is refused where the root is of another namespace', async () => {
    for (const part of [SHEET, STRINGS]) {
      const { fault } = await readGuarded(
        changed(part, (xml) => xml.replace('spreadsheetml', 'wordprocessingml')),
      );
      assertRefused(fault, 'file.malformed');
    }
  });

  it('is read fast, however much of it is references', async () => {
    const { fault } = await readGuarded(
      makeWorkbook({ sheets: [{ data: `<row>${'&#65;'.repeat(5_000_000)}</row>` }] }),
    );
    assert.equal(fault, undefined);
  });
});

describe('a broken ZIP file', () => {
  const whole = makeWorkbook({
    sheets: [{ rows: Array.from({ length: 500 }, (_, i) => [`第${i}行${i * 7919}`]) }],
  });

  it('that was cut is incomplete, wherever', async () => {
    for (const share of [0.1, 0.5, 0.9, 0.99]) {
      const { fault } = await readSheet(whole.subarray(0, Math.floor(whole.length * share)));
      assert.ok(isGatewayError(fault, 'file.truncated'), String(fault));
    }
    for (const cut of [1, 4, 10, 21, 22]) {
      const { fault } = await readSheet(whole.subarray(0, whole.length - cut));
      assert.ok(isGatewayError(fault), String(fault));
      assert.match(fault.code, /^file\.(truncated|malformed)$/);
    }
  });

  it('never gives anything but its rows or a refusal, whichever byte was changed', async () => {
    const right = JSON.stringify((await readSheet(whole)).rows);
    let read = 0;
    for (let at = 0; at < whole.length; at += 37) {
      const broken = Buffer.from(whole);
      broken[at] = (broken[at]! + 1 + (at % 250)) & 255;
      const { rows, fault } = await readSheet(broken);
      if (fault !== undefined) assert.ok(isGatewayError(fault), `byte ${at}`);
      else if (rows.length > 0) assert.ok(JSON.stringify(rows) === right, `byte ${at}`);
      if (fault === undefined) read += 1;
    }
    assert.ok(read < whole.length / 37 / 10, `${read} of them are read`);
  });

  it('has a wrong checksum, two entries of a name, or a name that leads elsewhere: malformed', async () => {
    const parts = workbookParts();
    const cases: readonly ZipEntrySpec[][] = [
      parts.map((part) => (part.name === SHEET ? { ...part, declaredCrc: 1 } : part)),
      [...parts, parts.at(-1)!],
      [...parts, { name: 'XL/Worksheets/Sheet1.xml', content: '' }],
      [...parts, { name: '../evil.xml', content: '' }],
      [...parts, { name: '/etc/evil.xml', content: '' }],
      parts.map((part) => (part.name === SHEET ? { ...part, method: 12 } : part)),
      parts.map((part) => (part.name === SHEET ? { ...part, isStored: true, declaredSize: 5 } : part)),
    ];
    for (const entries of cases) {
      const { fault } = await readSheet(makeZip(entries));
      assert.ok(isGatewayError(fault, 'file.malformed'), String(fault));
    }
  });

  it('whose entry has less than the directory says is incomplete', async () => {
    const parts = workbookParts().map((part) =>
      part.name === SHEET ? { ...part, declaredSize: 1_000_000 } : part,
    );
    assert.ok(isGatewayError((await readSheet(makeZip(parts))).fault, 'file.truncated'));
  });

  it('that is encrypted is refused with what to do', async () => {
    for (const flags of [1, 0x41]) {
      const { fault } = await readSheet(makeZip(workbookParts().map((part) => ({ ...part, flags }))));
      assert.ok(isGatewayError(fault, 'upload.type-not-supported'), String(fault));
      assert.match(fault.message, /password/);
    }
  });

  it('on a disk that fails is our own failure, not the file’s', async () => {
    const failing = Object.assign(new Error('disk'), { code: 'EIO' });
    const bytes = bytesOfBuffer(whole);
    let reads = 0;
    const flaky = {
      size: bytes.size,
      read: (range?: { start: number; end: number }) => {
        const stream = bytes.read(range);
        reads += 1;
        if (reads > 2) stream.destroy(failing);
        return stream;
      },
    };
    await assert.rejects(openWorkbook(flaky, LIMITS), failing);
  });
});
