import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { identitiesAt, identityProblems } from '../../../src/platform/check-identities.js';
import type { ClientIdentitySettings } from '../../../src/core/configuration.js';
import { createAuthority } from '../../helpers/certificates.js';
import { DESTINATION } from '../../helpers/forwarding.js';
import { createTemporaryFolder } from '../../helpers/temporary-folder.js';

describe('the check of client certificates', () => {
  const folder = createTemporaryFolder();
  after(() => folder.remove());
  const authority = createAuthority('City CA');
  const write = (name: string, text: string): string => {
    writeFileSync(path.join(folder.path, name), text);
    return name;
  };
  const one = authority.issue('one', 86_400_000);
  const certFile = write('one.pem', one.cert);
  const keyFile = write('one.key', one.key);
  const of = (clientIdentity: ClientIdentitySettings) => ({
    destinations: [{ ...DESTINATION, clientIdentity }],
  });

  it('says what is wrong with a file, and where', () => {
    const problems = (settings: ClientIdentitySettings): string[] =>
      identityProblems(of(settings), folder.path);
    assert.deepEqual(problems({ certFile, keyFile, caFile: write('ca.pem', authority.cert) }), []);
    assert.deepEqual(problems({ certFile: path.join(folder.path, certFile), keyFile }), []);
    assert.deepEqual(identityProblems({ destinations: [DESTINATION] }, folder.path), []);
    const at = 'destinations.yaml, city:';
    assert.deepEqual(problems({ certFile: 'none.pem', keyFile }), [
      `${at} the file ${path.join(folder.path, 'none.pem')} cannot be read (ENOENT)`,
    ]);
    assert.deepEqual(problems({ certFile, keyFile: write('two.key', authority.issue('two').key) }), [
      `${at} keyFile is not the key of certFile`,
    ]);
    assert.match(problems({ certFile: write('x.pem', 'x'), keyFile })[0]!, /no PEM certificate/);
  });

  it('says what has ended and what ends within a month', () => {
    const at = (days: number) =>
      identitiesAt(of({ certFile, keyFile }), {
        ...{ folder: folder.path, now: new Date(Date.now() + days * 86_400_000) },
      });
    assert.deepEqual([at(2).problems.length, at(2).notices.length], [1, 0]);
    assert.deepEqual([at(0).problems.length, at(0).notices.length], [0, 1]);
    assert.deepEqual([at(-60).problems.length, at(-60).notices.length], [0, 0]);
    assert.match(at(2).problems[0]!, /^destinations\.yaml, city: the client certificate has ended on 2/);
  });
});
