// What is a ZIP file or an OLE file, and is no workbook that is read: said in two languages, with what to do.
import assert from 'node:assert/strict';
import { isGatewayError } from '../../../../src/core/errors.js';
import { oleKind } from '../../../../src/intake/xlsx/ole-kind.js';
import { refuseForeignZip } from '../../../../src/intake/xlsx/workbook-kind.js';
import { makeWorkbook } from '../../../helpers/make-workbook.js';
import { readSheet } from '../../../helpers/read-workbook.js';
import { makeZip } from '../../../helpers/zip-writer.js';

const SHEET = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml';

const FOREIGN: readonly (readonly [contentType: string, name: RegExp, nameZh: RegExp])[] = [
  ['application/vnd.ms-excel.sheet.macroEnabled.main+xml', /\.xlsm/, /启用宏.*\.xlsm/],
  ['application/vnd.ms-excel.template.macroEnabled.main+xml', /\.xlsm/, /宏/],
  ['application/vnd.ms-excel.addin.macroEnabled.main+xml', /\.xlsm/, /宏/],
  ['application/vnd.ms-excel.sheet.binary.macroEnabled.main', /\.xlsb/, /二进制.*\.xlsb/],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml', /\.docx/, /Word/],
  ['application/vnd.ms-word.document.macroEnabled.main+xml', /\.docx/, /Word/],
  [
    'application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml',
    /\.pptx/,
    /PowerPoint/,
  ],
  ['application/vnd.ms-visio.drawing.main+xml', /\.vsdx/, /Visio/],
  ['application/xml', /ZIP archive/, /ZIP 压缩文件/],
];

async function refusalOf(buffer: Buffer): Promise<{ message: string; detailZh: string }> {
  const { fault } = await readSheet(buffer);
  assert.ok(isGatewayError(fault, 'upload.type-not-supported'), String(fault));
  return { message: fault.message, detailZh: fault.detailZh ?? '' };
}

describe('a ZIP file', () => {
  for (const [contentType, name, nameZh] of FOREIGN)
    it(`with ${contentType} is refused as ${name.source}`, async () => {
      const { message, detailZh } = await refusalOf(makeWorkbook({ contentType }));
      assert.match(message, name);
      assert.match(detailZh, nameZh);
      assert.match(message, /upload/);
      assert.match(detailZh, /上传/);
    });

  it('with macros is no .xlsx, whatever it says', () => {
    const types = {
      parts: new Map([
        ['xl/workbook.xml', SHEET],
        ['xl/vbaproject.bin', 'application/vnd.ms-office.vbaProject'],
      ]),
      extensions: new Map<string, string>(),
    };
    assert.throws(() => refuseForeignZip([], types, 'xl/workbook.xml'), /\.xlsm/);
  });

  it('of the OpenDocument or the Apple kind is refused by its entries', async () => {
    const ods = ['mimetype', 'content.xml', 'META-INF/manifest.xml'].map((name) => ({ name, content: 'x' }));
    assert.match((await refusalOf(makeZip(ods))).message, /\.ods/);
    assert.match(
      (await refusalOf(makeZip([{ name: 'Index/Document.iwa', content: 'x' }]))).message,
      /Numbers/,
    );
  });

  it('of any other kind, or empty, is an archive', async () => {
    const archive = await refusalOf(makeZip([{ name: '处罚.csv', content: 'a,b' }]));
    assert.match(archive.message, /ZIP archive; unpack it/);
    assert.match(archive.detailZh, /解压/);
    assert.match((await refusalOf(makeZip([]))).message, /ZIP archive/);
  });

  it('with a workbook or a template of one is read', () => {
    for (const type of [SHEET, SHEET.replace('sheet.main', 'template.main'), SHEET.toUpperCase()]) {
      const types = { parts: new Map([['xl/workbook.xml', type]]), extensions: new Map<string, string>() };
      refuseForeignZip([], types, 'xl/Workbook.xml');
      const byExtension = { parts: new Map<string, string>(), extensions: new Map([['xml', type]]) };
      refuseForeignZip([], byExtension, 'xl/workbook.xml');
    }
  });
});

describe('an OLE file', () => {
  const withEntry = (...names: string[]): Buffer =>
    Buffer.concat([
      Buffer.from('d0cf11e0a1b11ae1', 'hex'),
      Buffer.alloc(1016),
      ...names.map((name) => Buffer.concat([Buffer.from(name, 'utf16le')], 128)),
    ]);

  it('is known by the names in its directory', () => {
    assert.equal(
      oleKind(withEntry('Root Entry', 'EncryptionInfo', 'EncryptedPackage')),
      'encrypted-workbook',
    );
    assert.equal(oleKind(withEntry('Root Entry', 'Workbook')), 'legacy-excel');
    assert.equal(oleKind(withEntry('Root Entry', 'Book')), 'legacy-excel');
    assert.equal(oleKind(withEntry('Root Entry', 'WordDocument')), 'legacy-word');
    assert.equal(oleKind(withEntry('Root Entry', 'PowerPoint Document')), 'other');
  });

  it('is searched in its first 256 KiB alone', () => {
    const far = Buffer.concat([Buffer.alloc(262_144), withEntry('Workbook')]);
    assert.equal(oleKind(far), 'other');
    assert.equal(oleKind(far.subarray(1024)), 'other');
    assert.equal(oleKind(far.subarray(4096)), 'legacy-excel');
  });
});
