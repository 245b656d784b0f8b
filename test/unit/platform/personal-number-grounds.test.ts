import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isGatewayError } from '../../../src/core/errors.js';
import { loadConfiguration } from '../../../src/platform/configuration.js';
import { loadDefinitions } from '../../../src/platform/definitions.js';
import { projectRoot } from '../../../src/platform/project-root.js';
import { createTemporaryFolder, type TemporaryFolder } from '../../helpers/temporary-folder.js';

describe('personal numbers for a destination', () => {
  let folder: TemporaryFolder;
  before(() => {
    folder = createTemporaryFolder();
    cpSync(path.join(projectRoot, 'config'), folder.path, { recursive: true });
  });
  after(() => folder.remove());
  const definitions = loadDefinitions();
  const original = readFileSync(path.join(projectRoot, 'config/destinations.yaml'), 'utf8');
  const load = (shows: string): unknown => {
    const text = original.replace(/showsPersonalNumbers: false/, `showsPersonalNumbers: ${shows}`);
    assert.ok(text.includes(shows));
    writeFileSync(path.join(folder.path, 'destinations.yaml'), text);
    return loadConfiguration(folder.path, definitions).destinations[0]?.showsPersonalNumbers;
  };

  it('go out unmasked for named types on a named ground', () => {
    assert.equal(load('false'), false);
    assert.deepEqual(load("{ types: [administrative-penalty], legalBasis: '条例第十一条' }"), {
      types: ['administrative-penalty'],
      legalBasis: '条例第十一条',
    });
  });

  it('do not go out by a bare yes, without a ground, for no type, or for a type that has none', () => {
    for (const shows of [
      'true',
      '{ types: [administrative-penalty] }',
      "{ types: [], legalBasis: '条例第十一条' }",
      "{ types: [administrative-penalty], legalBasis: '    ' }",
      "{ types: [no-such-type], legalBasis: '条例第十一条' }",
    ])
      assert.throws(
        () => load(shows),
        (error) => isGatewayError(error, 'config.invalid') && error.message.includes('showsPersonalNumbers'),
        shows,
      );
  });
});
