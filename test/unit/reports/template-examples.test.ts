// What templates and sample files hold is what intake takes: the example row is right but for being the
// example, and every sample file passes as its first source would deliver it.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSite } from '../../../src/app/site.js';
import { validateFile } from '../../../src/cli/validate.js';
import { csvTemplate } from '../../../src/reports/template-csv.js';
import { createTemporaryFolder } from '../../helpers/temporary-folder.js';

const ROOT = join(import.meta.dirname, '../../..');
const site = loadSite(join(ROOT, 'config'));
const needs = { site, clock: () => new Date('2026-06-30T12:00:00+08:00') };
const firstSources = site.configuration.catalogue.map(({ type }) => {
  const source = site.configuration.sources.find((entry) => entry.type === type);
  assert.ok(source, `no source has the type ${type}`);
  return source;
});

describe('the files of a record type', () => {
  const folder = createTemporaryFolder();
  after(() => {
    folder.remove();
  });

  for (const { id, type } of firstSources) {
    it(`have an example that is right: ${type}`, async () => {
      const file = join(folder.path, `${type}.csv`);
      await writeFile(file, csvTemplate(type, site.definitions));
      const report = await validateFile(file, id, needs);
      assert.deepEqual(
        report.problems.map(({ code }) => code),
        ['row.example'],
      );
    });

    const sample = join(ROOT, 'test/fixtures/uploads', `${type}.csv`);
    if (existsSync(sample))
      it(`have a sample without faults: ${type}`, async () => {
        const report = await validateFile(sample, id, needs);
        assert.ok(report.received >= 20);
        assert.deepEqual(report.problems, []);
        assert.deepEqual(report.warnings, []);
      });
  }
});
