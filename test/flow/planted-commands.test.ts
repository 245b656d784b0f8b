// Planted ID numbers in files that a person gives to the command line: nothing of them is printed, neither on standard
// output nor on standard error, and nothing of them stays in the database, the folder or the log.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { startCommand, type Ran } from '../helpers/command.js';
import { createTestDatabase, type TestDatabase } from '../helpers/database.js';
import { HEADINGS, penaltiesCsv } from '../helpers/penalties.js';
import { plantedCells, plantedPenalties } from '../helpers/planted-penalties.js';
import { createPlants } from '../helpers/planted-numbers.js';
import { createSearch, dumpTables, filesBelow } from '../helpers/search-for-plants.js';
import { createTemporaryFolder, type TemporaryFolder } from '../helpers/temporary-folder.js';

const SOURCE = ['--source', 'market-regulation-penalty'];

describe('planted ID numbers in files for the command line', function () {
  this.timeout(300_000);
  let files: TemporaryFolder;
  let folder: TemporaryFolder;
  let test: TestDatabase;
  const plants = createPlants();
  const { plant } = plants;
  const printed: { what: string; ran: Ran }[] = [];
  before(async () => {
    files = createTemporaryFolder();
    folder = createTemporaryFolder();
    test = await createTestDatabase();
  });
  after(async () => {
    await test.drop();
    folder.remove();
    files.remove();
  });

  const gateway = async (...args: string[]): Promise<Ran> => {
    const variables = { DATA_DIR: folder.path, DATABASE_URL: test.url, LOG_LEVEL: 'trace' };
    const ran = await startCommand(args, variables).ended;
    printed.push({ what: args.filter((arg) => !arg.includes('/')).join(' '), ran });
    return ran;
  };
  /** Writes a file of which the name holds a planted number too. */
  const written = (extension: string, text: string): string => {
    const file = path.join(files.path, `${plant(`the name of a ${extension} file`)}.${extension}`);
    writeFileSync(file, text);
    return file;
  };
  const rows = (n: number): Parameters<typeof penaltiesCsv>[0] =>
    plantedPenalties(plants, { person: plant('a natural person'), n });
  const csv = (n: number): string => penaltiesCsv(rows(n), ['操作']);
  const json = (n: number): string => {
    const entries = plantedCells(rows(n)).map((cells): [string, string][] => [
      ...HEADINGS.map((name, i): [string, string] => [name, cells[i] ?? '']),
      [plant('a JSON key'), plant('its value')],
    ]);
    return JSON.stringify(entries.map((entry): Record<string, string> => Object.fromEntries(entry)));
  };

  it('are not printed by validate: in right and wrong columns, headings, keys and names of files', async () => {
    for (const file of [written('csv', csv(0)), written('json', json(100))])
      for (const form of [[], ['--json']]) {
        const ran = await gateway('validate', file, ...SOURCE, ...form);
        assert.equal(ran.code, 1, ran.stderr);
        assert.ok(ran.stdout.includes('120**'), 'a problem shows what is left of a number');
      }
  });

  it('are not printed by ingest, nor by a replay and its preview', async () => {
    for (const [file, form] of [
      [written('csv', csv(200)), []],
      [written('csv', csv(300)), ['--json']],
      [written('json', json(400)), ['--json']],
    ] as const) {
      const ran = await gateway('ingest', file, ...SOURCE, ...form);
      assert.equal(ran.code, 0, ran.stderr);
    }
    const { rows: batches } = await test.database.query<{ id: string; rejected: number }>(
      'select id, rejected from batches order by number',
    );
    assert.equal(batches.length, 3);
    for (const { id, rejected } of batches) {
      assert.ok(rejected >= 5);
      for (const form of [[], ['--json']])
        assert.equal((await gateway('replay', id, '--preview', ...form)).code, 0);
    }
    const reason = `because of ${plant('the reason of a replay')}`;
    assert.equal((await gateway('replay', batches[0]?.id ?? '', '--reason', reason)).code, 0);
  });

  it('are not printed where a file cannot be read, or is not there', async () => {
    const headings = written('csv', `${plant('a heading')},${plant('another heading')}\r\n1,2\r\n`);
    const broken = written('json', `[{"CF_WSH": "${plant('a broken file')}", `);
    const nothing = path.join(files.path, `${plant('no such file')}.csv`);
    for (const command of ['validate', 'ingest']) {
      for (const file of [headings, broken, nothing])
        assert.equal((await gateway(command, file, ...SOURCE)).code, 2);
      assert.equal((await gateway(command, headings, '--source', plant('no such source'))).code, 2);
    }
    const unknown = await gateway('replay', plant('no such batch'));
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /batch\.unknown/);
    assert.equal((await gateway('keys', 'revoke', plant('no such key'))).code, 2);
  });

  it('are found nowhere afterwards', async () => {
    assert.ok(plants.size > 80 && printed.length > 20, `${plants.size}, ${printed.length}`);
    const search = createSearch(plants);
    for (const { what, ran } of printed) {
      search.in(`${what.replaceAll(/\d{15,}/g, '…')}, output`, ran.stdout);
      search.in(`${what.replaceAll(/\d{15,}/g, '…')}, errors`, ran.stderr);
    }
    const tables = await dumpTables(test.database);
    for (const name of ['rejected_rows', 'audit_entries', 'row_problems'])
      assert.ok(
        tables.some(({ table, text }) => table === name && text !== ''),
        name,
      );
    for (const { table, text } of tables) search.in(`table ${table}`, text);
    const kept = filesBelow(folder.path);
    assert.ok(kept.some(({ name }) => name.startsWith('originals')));
    for (const { name, bytes } of kept) search.in(`file ${name}`, bytes);
    assert.deepEqual(search.found(), []);
  });
});
