// A new record type comes in by data alone: the files of test/fixtures/new-record-type are laid into a copy of the
// site as CONTRIBUTING.md says, and the type goes through check, cases, template, upload, feed and city.
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { loadSite } from '../../src/app/site.js';
import { recordTypePages } from '../../src/cli/docs.js';
import { projectRoot } from '../../src/platform/project-root.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { createCaseCheck, type MappingCase } from '../helpers/mapping-cases.js';
import { createTemporaryFolder, type TemporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';

const ADDED = path.join(projectRoot, 'test/fixtures/new-record-type');
const TYPE = 'administrative-inspection';
const SOURCE = 'emergency-management-inspection';
const AGENCY = 'emergency-management';
const CASES = JSON.parse(
  readFileSync(path.join(ADDED, `cases/${TYPE}-2026.cases.json`), 'utf8'),
) as MappingCase[];

describe('a new record type', function () {
  this.timeout(60_000);
  let root: TemporaryFolder;
  let run: TestGateway;

  before(async () => {
    root = createTemporaryFolder();
    for (const name of ['schemas', 'mappings', 'config'])
      cpSync(path.join(projectRoot, name), path.join(root.path, name), { recursive: true });
    for (const name of ['schemas', 'mappings'])
      cpSync(path.join(ADDED, name), path.join(root.path, name), { recursive: true });
    for (const name of ['catalogue.yaml', 'sources.yaml'])
      appendFileSync(path.join(root.path, 'config', name), readFileSync(path.join(ADDED, 'config', name)));
    nameTable(path.join(root.path, 'config/destinations.yaml'));
    const definitionsRoot = root.path;
    run = await startTestGateway({ configDir: path.join(root.path, 'config'), definitionsRoot });
  });
  after(async () => {
    await run.close();
    root.remove();
  });

  function nameTable(file: string): void {
    const destinations = parse(readFileSync(file, 'utf8')) as { tables: Record<string, object> }[];
    for (const { tables } of destinations) tables[TYPE] = { code: 'XZJC', version: '2026' };
    writeFileSync(file, stringify(destinations));
  }

  it('is data: no TypeScript, no JavaScript', () => {
    const files = readdirSync(ADDED, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    assert.deepEqual(
      files.map(({ name }) => path.extname(name)).filter((ending) => !['.json', '.yaml'].includes(ending)),
      [],
    );
  });

  it('passes check, its cases and the making of its page', () => {
    const site = loadSite(path.join(root.path, 'config'), root.path);
    const check = createCaseCheck(site.definitions, site.configuration);
    for (const entry of CASES) check(`${TYPE}-2026`, entry);
    assert.match(recordTypePages(site).get(`${TYPE}.md`) ?? '', /检查结果为“不合格”时，整改期限必填/);
  });

  it('has a template, is taken in, is in the feed and at the city', async () => {
    const key = run.keyOf(AGENCY);
    const template = await run.api<string>(`/v1/templates/${TYPE}.csv`, { key });
    assert.match(template.body, /检查文书号/);
    const good = CASES[0]?.row ?? {};
    const bad = CASES[1]?.row ?? {};
    const headings = Object.keys(bad);
    const csv = [headings, ...[good, bad].map((row) => headings.map((heading) => row[heading] ?? ''))]
      .map((cells) => cells.join(','))
      .join('\n');
    const batch = await run.upload(SOURCE, csv, AGENCY);
    assert.deepEqual([batch.counts.new, batch.counts.rejected], [1, 1]);
    const { body } = await run.api<{ recordtype: string; data: unknown }[]>('/v1/feeds/records', {
      key: run.cityKey,
    });
    assert.deepEqual(
      body.map(({ recordtype, data }) => [recordtype, data]),
      [[TYPE, CASES[0]?.record]],
    );
    await until(() => run.gateway.sandbox?.countAtCity() === 1);
  });
});
