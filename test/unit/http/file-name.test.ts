import assert from 'node:assert/strict';
import { readFileName } from '../../../src/http/file-name.js';

const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

describe('the name of a file', () => {
  it('is read as browsers and programs write it, its last part alone', () => {
    for (const [disposition, name] of [
      ['attachment; filename=a.csv', 'a.csv'],
      ['form-data; name="file"; filename="C:\\\\export\\\\a \\"1\\".csv"', 'a "1".csv'],
      ['form-data; name="file"; filename="../../etc/passwd"', 'passwd'],
      [latin1('form-data; name="file"; filename="六月处罚.csv"'), '六月处罚.csv'],
      ["attachment; filename=x.csv; filename*=UTF-8''%E5%85%AD%E6%9C%88.csv", '六月.csv'],
      [Buffer.from('c1f9d4c2', 'hex').toString('latin1').replace(/^/, 'attachment; filename='), '六月'],
      ["attachment; filename*=UTF-8''%E5%.csv", '%E5%.csv'],
      [String.raw`form-data; name="file"; filename="C:\export\a.csv"`, 'a.csv'],
      ['form-data; name="; filename=b.csv"; filename="a.csv"', 'a.csv'],
      ['form-data; name="file"; FileName = a b.csv ; size=3', 'a b.csv'],
      // Of a two-byte sign of GB18030 the second byte may be a backslash.
      [Buffer.from('815c', 'hex').toString('latin1').replace(/.*/s, 'form-data; filename="$&a$&"'), '乗a乗'],
    ] as const)
      assert.equal(readFileName(disposition), name, disposition);
  });

  it('is none where none is given, whatever stands between quotes', () => {
    for (const disposition of [
      undefined,
      'attachment',
      'form-data; name="file"',
      'form-data; name="file"; filename=""',
      'form-data; name="file"; filename="folder/"',
      'form-data; name="; filename=b.csv"',
    ])
      assert.equal(readFileName(disposition), undefined, disposition);
    const nested = `form-data; name="; filename*=UTF-8''b.csv"; filename="a.csv"`;
    assert.equal(readFileName(nested), 'a.csv');
  });
});
