// Every record type of the catalogue all the way round: its template filled in, its sample file, its records in
// the feed of those who may see them, and at the city in the official columns, from which they can be read back.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import Papa from 'papaparse';
import type { CatalogueEntry } from '../../src/core/catalogue.js';
import {
  LONG_TERM,
  type CanonicalRecord,
  type Mapping,
  type RecordSchema,
} from '../../src/core/definitions.js';
import { matchHeadings } from '../../src/core/heading-match.js';
import { loadSite } from '../../src/app/site.js';
import { createLogger } from '../../src/platform/logger.js';
import { projectRoot } from '../../src/platform/project-root.js';
import { compileMapper } from '../../src/records/map.js';
import { compileNormaliser } from '../../src/records/normalise.js';
import { recordType } from '../../src/records/record-type.js';
import { startSandboxCity, type SandboxCity } from '../../src/sandbox/city.js';
import type { CityMessage } from '../../src/sandbox/city-message.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { createTemporaryFolder, type TemporaryFolder } from '../helpers/temporary-folder.js';

const UPLOADS = path.join(projectRoot, 'test/fixtures/uploads');
/** The first two types have several sample files; all others have one of their own name. */
const SAMPLES: Readonly<Record<string, string>> = {
  'administrative-penalty': 'penalties-2018-organisation.csv',
  'administrative-licence': 'licences-clean.csv',
};
const TOKEN = 'city-of-the-test';
const LIMIT = 1000;

interface Event {
  readonly id: string;
  readonly subject: string;
  readonly method: 'PUT' | 'DELETE';
  readonly recordtype: string;
  readonly data: CanonicalRecord;
}

describe('a record type', function () {
  this.timeout(60_000);
  const { configuration, definitions } = loadSite(path.join(projectRoot, 'config'));
  const messages: CityMessage[] = [];
  let folder: TemporaryFolder;
  let city: SandboxCity;
  let run: TestGateway;

  before(async () => {
    folder = createTemporaryFolder();
    city = await startSandboxCity({
      folder: folder.path,
      token: TOKEN,
      clock: () => new Date(),
      log: createLogger('silent'),
      onMessage: (message) => messages.push(message),
    });
    run = await startTestGateway({ addresses: { city: { url: city.url, token: TOKEN } } });
  });
  after(async () => {
    await run.close();
    await city.stop();
    folder.remove();
  });

  const feedOf = async (key: string): Promise<Event[]> => {
    const events: Event[] = [];
    for (;;) {
      const last = events.at(-1)?.id;
      const { body } = await run.api<Event[]>(
        `/v1/feeds/records?limit=${LIMIT}${last === undefined ? '' : `&lastEventId=${last}`}`,
        { key },
      );
      events.push(...body);
      if (body.length < LIMIT) return events;
    }
  };

  for (const entry of configuration.catalogue) {
    const { type } = entry;
    const source = configuration.sources.find((one) => one.type === type);

    it(`${type} goes through template, upload, feed and city`, async () => {
      assert.ok(source, `no source delivers ${type}`);
      const { id, agency } = source;
      const template = await run.api<string>(`/v1/templates/${type}.csv`, { key: run.keyOf(agency) });
      const filled = await run.upload(id, fillIn(template.body, type), agency);
      assert.deepEqual([filled.counts.received, filled.counts.new], [1, 1], `the template of ${type}`);

      const sample = readFileSync(path.join(UPLOADS, SAMPLES[type] ?? `${type}.csv`));
      const batch = await run.upload(id, sample, agency);
      const { received, new: fresh } = batch.counts;
      assert.ok(received >= 10, `${received} rows are few`);
      assert.equal(fresh, received);
      const { body } = await run.api<{ total: number }>(`/v1/batches/${batch.id}/problems`, {
        key: run.keyOf(agency),
      });
      if (SAMPLES[type] === undefined) assert.equal(body.total, 0, `${type} has rows with problems`);
      const changes = (await feedOf(run.cityKey)).filter(({ recordtype }) => recordtype === type);
      const gone = new Set(changes.filter(({ method }) => method === 'DELETE').map(({ subject }) => subject));
      assert.equal(
        gone.size > 0,
        entry.listing !== undefined,
        'entries in lists are removed, and nothing else',
      );
      assert.equal(changes.length, received + 1 + gone.size);
      assert.deepEqual(batch.city, { pending: 0, delivered: received + gone.size, rejected: 0 });
      const again = await run.upload(id, sample, agency);
      const { unchanged, stale } = again.counts;
      assert.deepEqual(
        [again.counts.received, unchanged, stale],
        [received, received - gone.size, gone.size],
      );

      const events = changes.filter(({ subject }) => !gone.has(subject));
      await assertEnds(events, entry);
      const seen = (await feedOf(run.keyOf(agency))).filter(
        ({ recordtype, subject }) => recordtype === type && !gone.has(subject),
      );
      const open = events.filter((event) => isOpenToAgencies(event, entry));
      assert.deepEqual(
        seen.map(({ id: position }) => position),
        open.map(({ id: position }) => position),
      );
      assertAtCity(events, entry);
    });
  }

  /**
   * Each record of a type with periods has the last day that it states, for no sample names a class; a record of
   * any other type has none.
   */
  async function assertEnds(events: readonly Event[], { type, periods }: CatalogueEntry): Promise<void> {
    const { rows } = await run.test.database.query<{ id: string; day: string | null }>(
      'select record_id as id, ends_on::text as day from record_versions',
    );
    const ends = new Map(rows.map(({ id, day }) => [id, day]));
    const found = events.map(({ subject }) => ends.get(subject));
    const stated = events.map(({ data }) => statedEnd(data, periods));
    assert.deepEqual(found, stated, `the ends of ${type}`);
    if (periods !== undefined)
      assert.ok(
        stated.some((day) => day !== null),
        `no sample of ${type} ends`,
      );
  }

  function statedEnd(data: CanonicalRecord, periods: CatalogueEntry['periods']): string | null {
    const day = data[periods?.end ?? ''];
    return typeof day === 'string' && day !== LONG_TERM ? day : null;
  }

  /** Neither the type may be kept to authorised look-ups, nor may the record say so of itself. */
  function isOpenToAgencies(
    { data }: Pick<Event, 'data'>,
    { type, openness, opennessField }: CatalogueEntry,
  ): boolean {
    if (openness === 'authorised') return false;
    const field = definitions.types.get(type)?.properties[opennessField ?? ''];
    const values =
      definitions.codeLists.get(field?.codeList ?? '')?.versions.flatMap((one) => one.values) ?? [];
    const stated = (data as Record<string, string>)[opennessField ?? ''];
    return values.find(({ value }) => value === stated)?.openness !== 'authorised';
  }

  /** The example becomes another record: its name is another. */
  function fillIn(template: string, type: string): string {
    const [headings = [], example = []] = Papa.parse<string[]>(template.replace(/^\uFEFF/, '').trim()).data;
    const mapping = mappingAtCity(type);
    const { name } = (definitions.types.get(type) as RecordSchema).identity;
    const match = matchHeadings([headings], [mapping], () => []);
    const at = match?.columns.find(({ field }) => field === name)?.column ?? -1;
    assert.ok(at >= 0, `the template of ${type} has no column for ${name}`);
    return Papa.unparse([headings, example.map((cell, i) => (i === at ? `${cell}二` : cell))]);
  }

  function mappingAtCity(type: string): Mapping {
    const table = configuration.destinations[0]?.tables[type];
    const mapping = definitions.mappings.get(`${type}-${table?.version}`);
    assert.ok(mapping, `the city has no table for ${type}`);
    return mapping;
  }

  function assertAtCity(events: readonly Event[], { type }: CatalogueEntry): void {
    const mapping = mappingAtCity(type);
    const code = configuration.destinations[0]?.tables[type]?.code;
    const sent = new Map(
      messages
        .filter(({ tableCode }) => tableCode === code)
        .flatMap(({ body }) => body.map((record) => [record.id, record.data])),
    );
    assert.equal([...sent.values()].filter((data) => Object.keys(data).length > 0).length, events.length);
    for (const { subject, data } of events) {
      const official = sent.get(subject);
      assert.ok(official);
      assert.deepEqual(readBack(official, mapping), data);
    }
  }

  /** Reads official columns as a file of that table would be read; what is not in the table is not compared. */
  function readBack(official: Readonly<Record<string, string>>, mapping: Mapping): CanonicalRecord {
    const type = recordType(mapping.type, definitions);
    const headings = Object.keys(official);
    const match = matchHeadings([headings], [mapping], () => []);
    assert.ok(match);
    const mapper = compileMapper({ type, match, headings, context: { today: '2099-01-01' } });
    const context = { agencyName: '', agencyCode: '' };
    const normalise = compileNormaliser(type, mapper, { mapping, context });
    return normalise(mapper.map({ row: 1, cells: Object.values(official) })).record;
  }
});
