// The form of a file is told by its first characters, whatever it is called.
import assert from 'node:assert/strict';
import { declaredXmlEncoding, sniffText, xmlDialect } from '../../../src/intake/sniff-text.js';
import { startProcessorWatch } from '../../helpers/processor-time.js';

const FORMS: Readonly<Record<string, readonly string[]>> = {
  xml: ['<?xml version="1.0"?><DATAS/>', '\n <DATAS>', '<'],
  json: [
    '[{"a":1}]',
    '[',
    '[]',
    '\ufeff [\n{',
    '["x"]',
    '[1,2]',
    '[1,\n{"a":1}]',
    '[null]',
    '[[1],[2]]',
    "[{'a':1}]",
    '{"code":0,"data":[{"a":1}]}',
    '{"data":[]}',
    '{"data":{"list":[ {"a":1}]}}\n',
    '{"data":[\n{"a":1},\n{"a":2}\n]}',
    '{"data": [{"a":1},\n{"a":2}]}',
    '{\n"data":[{"a":1}]}',
    '{"a":1,\n"b":2}',
    '{"a":1},{"b":2}',
    '{"a":1} x',
    '{\n"a":"x\n"}',
  ],
  ndjson: [
    '{"a":1}',
    '{"a":1}\n',
    '{"a":1}\n{"a":2}',
    '{"a":1}\r\n\r\n {"a":2}\r\n',
    '{"a":"}\\"{"}\n{"a":2}',
    '{"a":[{"b":1}]}\n{"a":[]}',
    '{"a":["x"]}',
    '{"a":{"b":{"c":[{"d":1}]}}}',
    '{"a":[[{"d":1}]]}',
    '{"a":"\\": [{"}',
    '{"a":1}\nx\n{"a":2}',
    '{"a":}\n{"a":2}',
    '{"a":"x\n{"a":2}\n',
    '{"a":"x',
    '{}',
    '{}\n{}',
    "{'a':1}",
    '{a:1}\n{a:2}',
  ],
  csv: [
    '',
    ' ',
    'a,b\n1,2',
    '"a","b"',
    '[序号],[名称]\n1,2',
    '[1],[2]\n',
    '["a"];["b"]',
    '{编号},{名称}\n',
    '{编号}\t{名称}\n',
    '1',
    'null',
  ],
};

describe('the form of a text', () => {
  for (const [form, texts] of Object.entries(FORMS))
    it(`is ${form} for what is ${form}`, () => {
      for (const text of texts) assert.equal(sniffText(text, true), form, text);
    });

  it('is told of the beginning of a longer text too', () => {
    const text = 'x'.repeat(1000);
    assert.equal(sniffText(`{"a":"${text}`, false), 'ndjson');
    assert.equal(sniffText(`{"a":"x","b":[{"c":"${text}`, false), 'json');
    assert.equal(sniffText(`{"a":"x",\n"b":"${text}`, false), 'json');
    assert.equal(sniffText(`{"a":"x"}\n{"b":"${text}`, false), 'ndjson');
    assert.equal(sniffText(`[{"a":"${text}`, false), 'json');
  });

  it('takes no longer for a text that is made to be slow', () => {
    const size = 262_144;
    const texts = ['{"a":[', '[ ', '{"a"  ', '{"\\', '{"a":"x"} ', '[1, ', '{"a":{"b":[ '];
    const processorMs = startProcessorWatch();
    for (const text of texts) sniffText(text + text.slice(-2).repeat(size / 2), false);
    sniffText(`{"a":"x${'\n'.repeat(size)}`, true);
    sniffText(`{"a":${'['.repeat(size)}`, false);
    sniffText(`{"a":${'[{'.repeat(size / 2)}`, false);
    assert.ok(processorMs() < 2000, `${Math.round(processorMs())} ms`);
  });
});

describe('XML that is a table of another kind', () => {
  it('is told from rows', () => {
    const excel = '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">';
    assert.equal(xmlDialect(`<?xml version="1.0"?>\n${excel}`), 'excel-2003');
    assert.equal(
      xmlDialect('<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook>'),
      'excel-2003',
    );
    for (const page of [
      '<html>',
      ' <!-- x --> <!-- y -->\n<HTML xmlns:x="urn:schemas-microsoft-com:office:excel">',
      '<!DOCTYPE html><html>',
      '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN"><html>',
      '<table border=1>',
      '<meta charset="gbk">',
    ])
      assert.equal(xmlDialect(page), 'html', page);
    for (const rows of [
      '<?xml version="1.0"?><DATAS>',
      '<tables>',
      '<!DOCTYPE DATAS>',
      '<!-- <html> --><DATAS>',
      '',
    ])
      assert.equal(xmlDialect(rows), 'other', rows);
  });

  it('is told at once, however many comments stand before it', () => {
    const processorMs = startProcessorWatch();
    for (const piece of ['<!---->', '<!-- -->', '<!--', '<?x?>', ' '])
      assert.equal(xmlDialect(piece.repeat(4096)), 'other');
    assert.ok(processorMs() < 1000);
  });
});

describe('the encoding that an XML declaration names', () => {
  const named = (text: string, encoding: BufferEncoding = 'latin1'): string | undefined =>
    declaredXmlEncoding(Buffer.from(text, encoding));

  it('is read in every encoding that the declaration can be in', () => {
    const declaration = `<?xml version="1.0" encoding='GB18030' standalone="yes"?><DATAS/>`;
    assert.equal(named(declaration), 'GB18030');
    assert.equal(named(declaration, 'utf16le'), 'GB18030');
    assert.equal(named(`\ufeff${declaration}`, 'utf16le'), 'GB18030');
    assert.equal(named(`\ufeff${declaration}`, 'utf8'), 'GB18030');
    const wide = Buffer.from(`\ufeff${declaration}`, 'utf16le').swap16();
    assert.equal(declaredXmlEncoding(wide), 'GB18030');
  });

  it('is not taken from elsewhere', () => {
    for (const text of [
      '<?xml version="1.0"?><a encoding="GBK"/>',
      '<a encoding="GBK"/>',
      '',
      'x<?xml',
      '<?xml encoding="<"?>',
    ])
      assert.equal(named(text), undefined, text);
  });
});
