import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { compactVerify, createLocalJWKSet, decodeProtectedHeader } from 'jose';
import { isGatewayError } from '../../../src/core/errors.js';
import { projectRoot } from '../../../src/platform/project-root.js';
import { openSigner } from '../../../src/platform/signing-key.js';
import { createTemporaryFolder, type TemporaryFolder } from '../../helpers/temporary-folder.js';

const run = promisify(execFile);

describe('the signing key', () => {
  let folder: TemporaryFolder;
  before(() => {
    folder = createTemporaryFolder();
  });
  after(() => folder.remove());

  it('is made where there is none, for its owner alone, and read again as it is', async () => {
    const file = path.join(folder.path, 'new/signing-key.json');
    const made = await openSigner(file);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual((await openSigner(file)).publicKeys, made.publicKeys);
  });

  it('is one, however many processes start at once', async () => {
    const file = path.join(folder.path, 'race.json');
    const url = path.join(projectRoot, 'src/platform/signing-key.ts');
    const code = `import { openSigner } from ${JSON.stringify(url)}; console.log((await openSigner(${JSON.stringify(file)})).publicKeys.keys[0].x);`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', code];
    const keys = await Promise.all([1, 2, 3].map(() => run(process.execPath, args, { cwd: projectRoot })));
    const { publicKeys } = await openSigner(file);
    assert.deepEqual(
      keys.map(({ stdout }) => stdout.trim()),
      Array.from({ length: 3 }, () => publicKeys.keys[0]?.x),
    );
  });

  it('shows its public part alone', async () => {
    const file = path.join(folder.path, 'public.json');
    const { publicKeys } = await openSigner(file);
    const { d } = JSON.parse(readFileSync(file, 'utf8')) as { d: string };
    assert.ok(d.length === 43 && !JSON.stringify(publicKeys).includes(d));
    assert.deepEqual(Object.keys(publicKeys.keys[0] ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x']);
  });

  it('signs what its public key checks, the same value the same way', async () => {
    const signer = await openSigner(path.join(folder.path, 'sign.json'));
    const signed = await signer.sign('test+jws', { batch: '批次' });
    assert.equal(await signer.sign('test+jws', { batch: '批次' }), signed);
    const keys = createLocalJWKSet({ keys: [...signer.publicKeys.keys] });
    const { payload } = await compactVerify(signed, keys);
    assert.deepEqual(JSON.parse(new TextDecoder().decode(payload)), { batch: '批次' });
    assert.deepEqual(decodeProtectedHeader(signed), {
      alg: 'EdDSA',
      kid: signer.publicKeys.keys[0]?.kid,
      typ: 'test+jws',
    });
    const [head, , signature] = signed.split('.');
    const forged = `${head}.${Buffer.from('{"batch":"x"}').toString('base64url')}.${signature}`;
    await assert.rejects(compactVerify(forged, keys), /signature verification failed/);
  });

  it('is never written over: a file of another shape, or of two keys, is an error', async () => {
    const key = async (name: string): Promise<Record<string, string>> => {
      const file = path.join(folder.path, name);
      await openSigner(file);
      return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    };
    const [one, two] = [await key('one.json'), await key('two.json')];
    for (const text of [
      '',
      '{}',
      '[]',
      JSON.stringify({ ...one, d: '' }),
      JSON.stringify({ ...one, x: two['x'] }),
    ]) {
      const file = path.join(folder.path, 'wrong.json');
      writeFileSync(file, text);
      await assert.rejects(
        openSigner(file),
        (error) => isGatewayError(error, 'config.invalid') && error.message.includes('is not a signing key'),
      );
      assert.equal(readFileSync(file, 'utf8'), text);
    }
  });
});
