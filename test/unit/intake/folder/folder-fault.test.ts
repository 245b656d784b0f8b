import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { GatewayError, isGatewayError } from '../../../../src/core/errors.js';
import { folderFault, isMissing, meetsEveryFile } from '../../../../src/intake/folder/folder-fault.js';

const NAME = 'no-such-file-120116199001010018.csv';
const fault = (run: () => void): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown.');
};

describe('what a file system refuses', () => {
  it('says what to put right in both languages, and never the name of a file', () => {
    const told = folderFault(
      fault(() => readFileSync(NAME)),
      'The folder x cannot be read',
      '无法读取',
    );
    assert.ok(isGatewayError(told, 'folder.unusable'));
    assert.equal(told.message, 'The folder x cannot be read (ENOENT): it is not there.');
    assert.equal(told.detailZh, '无法读取（ENOENT）：不存在。');
    assert.equal(told.cause, undefined);
    assert.ok(!JSON.stringify([told, told.stack]).includes(NAME));
  });

  it('is told from any other failure', async () => {
    const ours = new GatewayError('database.unavailable', 'away');
    const refused = await new Promise((resolve) => net.connect(1, '127.0.0.1').once('error', resolve));
    for (const error of [ours, refused, new Error('x'), 'x', undefined])
      assert.equal(folderFault(error, 'x', 'x'), error);
  });

  it('may meet every file, or only mean that there is none', () => {
    const of = (code: string): Error => Object.assign(new Error(code), { code, syscall: 'write' });
    assert.deepEqual(
      ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'ENOENT'].map((code) => meetsEveryFile(of(code))),
      [true, true, true, false, false],
    );
    assert.deepEqual(
      ['ENOENT', 'ENAMETOOLONG', 'EACCES'].map((code) => isMissing(of(code))),
      [true, true, false],
    );
  });
});
