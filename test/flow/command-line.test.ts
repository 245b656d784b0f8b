// The commands as a person runs them: what they print, and their exit codes.
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findKey } from '../../src/db/api-keys.js';
import { projectRoot } from '../../src/platform/project-root.js';
import { writeChangedConfig } from '../helpers/changed-config.js';
import { startCommand, type Ran } from '../helpers/command.js';
import { createTestDatabase, type TestDatabase } from '../helpers/database.js';
import { createTemporaryFolder, type TemporaryFolder } from '../helpers/temporary-folder.js';

const UPLOADS = path.join(projectRoot, 'test/fixtures/uploads');
const SOURCE = ['--source', 'market-regulation-penalty'];

describe('the command line', function () {
  this.timeout(300_000);
  let folder: TemporaryFolder;
  let test: TestDatabase;
  before(async () => {
    folder = createTemporaryFolder();
    test = await createTestDatabase();
  });
  after(async () => {
    await test.drop();
    folder.remove();
  });

  const gateway = (args: readonly string[], variables: Record<string, string> = {}): Promise<Ran> =>
    startCommand(args, { DATA_DIR: folder.path, DATABASE_URL: test.url, ...variables }).ended;
  /** Gives every command, and every command below it, as `--help` lists them. */
  const listCommands = async (above: readonly string[]): Promise<string[][]> => {
    const { stdout } = await gateway([...above, '--help']);
    const [, listed = ''] = stdout.split(/^Commands:$/m);
    const names = [...(listed.split(/\n\n/)[0] ?? '').matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(
      ([, name = '']) => name,
    );
    const below = await Promise.all(
      names
        .filter((name) => name !== 'help')
        .map(async (name) => [[...above, name], ...(await listCommands([...above, name]))]),
    );
    return below.flat();
  };
  const upload = (name: string): string => path.join(UPLOADS, name);

  it('check: says that the sample district is in order', async () => {
    const ran = await gateway(['check']);
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /^OK: 14 agencies/);
  });

  it('docs: ends at once, exit 2, where its folder cannot be made', async function () {
    if (!existsSync('/proc/self')) this.skip();
    const ran = await gateway(['docs', '--out', '/proc/x']);
    assert.deepEqual([ran.code, ran.stdout], [2, '']);
    assert.match(ran.stderr, /can only be read · 只读位置，无法写入: \/proc\/x/);
  });

  it('check: names the variable of a destination without an address, and refuses an id that takes one of ours', async () => {
    const [one, other] = [createTemporaryFolder(), createTemporaryFolder()];
    const withEntry = (at: TemporaryFolder, id: string): string =>
      writeChangedConfig(at.path, {
        'destinations.yaml': (known: readonly object[]) => [...known, { ...known[0], id }],
      });
    const told = await gateway(['check'], {
      CONFIG_DIR: withEntry(one, 'regional-platform'),
      CITY_URL: 'https://city.example',
      REGIONAL_PLATFORM_TOKEN: 'hidden',
    });
    assert.equal(told.code, 0, told.stderr);
    assert.match(
      told.stderr,
      /! destinations.yaml, regional-platform: REGIONAL_PLATFORM_URL is not set.*未设置/,
    );
    assert.doesNotMatch(told.stderr, /CITY_URL|hidden/);
    const refused = await gateway(['check'], { CONFIG_DIR: withEntry(other, 'database') });
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /destinations.yaml, database: its address would be DATABASE_URL/);
    for (const folder of [one, other]) folder.remove();
  });

  it('check: tells every problem at once, unknown keys too', async () => {
    const config = path.join(folder.path, 'config');
    cpSync(path.join(projectRoot, 'config'), config, { recursive: true });
    const sources = readFileSync(path.join(config, 'sources.yaml'), 'utf8');
    writeFileSync(
      path.join(config, 'sources.yaml'),
      `${sources}- { id: x-penalty, agency: nobody, type: nothing, mappings: [none] }\n`,
    );
    const first = await gateway(['check'], { CONFIG_DIR: config });
    assert.equal(first.code, 2);
    for (const word of ['nobody', 'catalogue.not-listed', 'mappings/none.yaml'])
      assert.ok(first.stderr.includes(word), word);
    writeFileSync(path.join(config, 'gateway.yaml'), 'surprise: 1\n');
    writeFileSync(path.join(config, 'schedules.yaml'), 'timezone: Mars/Base\n');
    const second = await gateway(['check'], { CONFIG_DIR: config });
    assert.equal(second.code, 2);
    for (const word of ['surprise', 'maxUploadBytes', 'noticePoll'])
      assert.ok(second.stderr.includes(word), word);
  });

  it('validate: exits 0 for a clean file, 1 for rejected rows, 2 for an unreadable one, and stores nothing', async () => {
    const clean = await gateway(['validate', upload('utf8-bom.csv'), ...SOURCE, '--json']);
    assert.equal(clean.code, 0, clean.stderr);
    assert.deepEqual((JSON.parse(clean.stdout) as { received: number }).received, 3);
    const faulty = await gateway(['validate', upload('wrong-check-character.csv'), ...SOURCE, '--json']);
    assert.equal(faulty.code, 1);
    const report = JSON.parse(faulty.stdout) as {
      rejected: number;
      problems: { row: number; code: string }[];
    };
    assert.equal(report.rejected, 1);
    assert.deepEqual(
      report.problems.map(({ row, code }) => ({ row, code })),
      [{ row: 3, code: 'code.unified-social-credit' }],
    );
    for (const name of ['headings-only.csv', 'missing-columns.csv', 'no-such-file.csv'])
      assert.equal((await gateway(['validate', upload(name), ...SOURCE])).code, 2, name);
    assert.equal((await gateway(['validate', upload('utf8-bom.csv'), '--source', 'none'])).code, 2);
    const { rows } = await test.database.query<{ n: number }>('select count(*) as n from batches');
    assert.equal(rows[0]?.n, 0);
  });

  it('ingest: prints the documented counts, and changes nothing the second time', async () => {
    const expected = JSON.parse(readFileSync(upload('penalties-2000.expected.json'), 'utf8')) as Record<
      string,
      number
    >;
    const args = ['ingest', upload('penalties-2000-gb18030.csv'), ...SOURCE, '--json'];
    const first = await gateway(args);
    assert.equal(first.code, 0, first.stderr);
    assert.deepEqual((JSON.parse(first.stdout) as { counts: object }).counts, expected);
    const second = JSON.parse((await gateway(args)).stdout) as {
      counts: object;
      warnings: { code: string }[];
    };
    assert.deepEqual(second.counts, { ...expected, new: 0, duplicate: 0, unchanged: 1960 });
    assert.deepEqual(
      second.warnings.map(({ code }) => code),
      ['batch.same-bytes'],
    );
  });

  it('replay: previews without writing, then judges the batch once more', async () => {
    const batches = await test.database.query<{ id: string }>(
      'select id from batches order by number limit 1',
    );
    const id = batches.rows[0]?.id ?? '';
    const previewed = await gateway(['replay', id, '--preview', '--json']);
    assert.equal(previewed.code, 0, previewed.stderr);
    const { after, isSameMapping, isWhole } = JSON.parse(previewed.stdout) as {
      after: Record<string, number>;
      isSameMapping: boolean;
      isWhole: boolean;
    };
    assert.deepEqual([isSameMapping, isWhole], [true, true]);
    const replayed = await gateway(['replay', id, '--reason', 'a test', '--json']);
    assert.equal(replayed.code, 0, replayed.stderr);
    const batch = JSON.parse(replayed.stdout) as { counts: object; replayOf: string };
    assert.deepEqual([batch.counts, batch.replayOf], [after, id]);
    const unknown = await gateway(['replay', '0b5e0c2e-6a52-4a3e-9c39-5f0a5d7f2c11', '--preview']);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /batch\.unknown/);
  });

  it('replay and ingest: say that the source is paused and how it goes on, exit 3, and lose nothing', async () => {
    await test.database.query(
      `insert into source_pauses (source, paused_at, paused_by, reason) values ('market-regulation-penalty', now(), 'operator:1', 'a test')`,
    );
    const { rows } = await test.database.query<{ id: string }>(
      'select id from batches where replay_of is null order by number limit 1',
    );
    const replayed = await gateway(['replay', rows[0]?.id ?? '', '--json']);
    const ingested = await gateway(['ingest', upload('utf8-bom.csv'), ...SOURCE]);
    for (const { code, stderr } of [replayed, ingested]) {
      assert.equal(code, 3, stderr);
      for (const word of ['is paused', '已暂停', '/v1/sources/market-regulation-penalty/resume'])
        assert.ok(stderr.includes(word), `${word}: ${stderr}`);
    }
    const waiting = JSON.parse(replayed.stdout) as { id: string; status: string };
    assert.equal(waiting.status, 'received');
    await test.database.query('delete from source_pauses');
    const again = await gateway(['replay', rows[0]?.id ?? '', '--json']);
    assert.equal(again.code, 0, again.stderr);
    assert.equal((JSON.parse(again.stdout) as { id: string }).id, waiting.id, 'the one that waited');
    const settled = await gateway(['ingest', upload('utf8-bom.csv'), ...SOURCE]);
    assert.equal(settled.code, 0, settled.stderr);
    const left = await test.database.query('select from batches where finished_at is null');
    assert.equal(left.rowCount, 0);
  });

  it('--help: tells each command in both languages, with what a newcomer needs below the options', async () => {
    const commands = await listCommands([]);
    assert.ok(commands.length > 15, commands.join());
    for (const command of commands) {
      const { code, stdout } = await gateway([...command, '--help']);
      assert.equal(code, 0, command.join(' '));
      const [, below = ''] = stdout.split(/-h, --help .*\n/);
      assert.ok(/[a-z]{4}/.test(below) && /[\u4e00-\u9fff]/.test(below), `${command.join(' ')}: ${below}`);
      for (const told of [/\bexit(s)? \d/i, /\nExamples? · 示例:\n {2}\S*.*gateway /])
        assert.match(below, told, command.join(' '));
    }
    const { code, stdout } = await gateway(['--help']);
    assert.equal(code, 0);
    for (const word of ['DATABASE_URL', 'Exit codes', '退出码', 'gateway serve --sandbox'])
      assert.ok(stdout.includes(word), word);
  });

  it('exits 2 for what was mistyped, which no answer looks like, and says what to do', async () => {
    const nowhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
    const file = upload('utf8-bom.csv');
    const wrong: readonly [readonly string[], RegExp, Record<string, string>?][] = [
      [[], /Usage: gateway/],
      [['validat'], /Did you mean validate\?[^]*--help/],
      [['validate', file], /'--source <id>' not specified[^]*--help/],
      [['audit', 'verify', '--checkpoint', 'x'], /NUMBER:HASH/],
      [['validate', upload('no-such-file.csv'), ...SOURCE], /no such file[^]*文件或文件夹不存在/],
      [['validate', UPLOADS, ...SOURCE], /is a folder[^]*文件夹/],
      // Whatever can be told without a database is told without one.
      [['ingest', file, '--source', 'none'], /source\.unknown[^]*market-regulation-penalty/, nowhere],
      [['ingest', upload('no-such-file.csv'), ...SOURCE], /no such file/, nowhere],
      [['ingest', file, ...SOURCE], /database\.unavailable[^]*DATABASE_URL/, nowhere],
      [['template', 'administrative-penalty', '--out', '/no/such/folder/x.csv'], /no such file or folder/],
      [['check'], /\/no\/such\/folder[^]*CONFIG_DIR/, { CONFIG_DIR: '/no/such/folder' }],
      [['keys', 'revoke', 'none'], /printed when the key was made/],
    ];
    for (const [args, words, variables] of wrong) {
      const { code, stderr } = await gateway(args, variables);
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, words, args.join(' '));
      assert.ok(!/\bat .*:\d+|ENOENT|EISDIR/.test(stderr), stderr);
    }
  });

  it('keys: creates a key that opens, prints it once, and revokes it', async () => {
    const created = await gateway(['keys', 'create', '--agency', 'health', '--role', 'agency']);
    assert.equal(created.code, 0, created.stderr);
    const key = created.stdout.trim();
    const caller = await findKey(test.database, key);
    assert.deepEqual([caller?.role, caller?.agency], ['agency', 'health']);
    assert.equal((await gateway(['keys', 'revoke', caller?.keyId ?? ''])).code, 0);
    assert.equal(await findKey(test.database, key), undefined);
    assert.equal((await gateway(['keys', 'create', '--agency', 'nobody', '--role', 'agency'])).code, 2);
  });

  it('template: writes a file of which all is right but that its example is nobody', async () => {
    const out = path.join(folder.path, 'template.csv');
    assert.equal(
      (await gateway(['template', 'administrative-penalty', '--format', 'csv', '--out', out])).code,
      0,
    );
    const { code, stdout } = await gateway(['validate', out, ...SOURCE, '--json']);
    const { problems } = JSON.parse(stdout) as { problems: { code: string }[] };
    assert.deepEqual([code, problems.map((problem) => problem.code)], [1, ['row.example']]);
    assert.equal((await gateway(['template', 'marriage', '--format', 'csv'])).code, 2);
  });

  it('serve: refuses a faulty environment with one clear message', async () => {
    const ran = await gateway(['serve'], { PORT: '99999', CITY_URL: 'ftp://x' });
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /PORT/);
    assert.match(ran.stderr, /CITY_URL/);
  });

  it('explains itself with --help', async () => {
    const ran = await gateway(['--help']);
    assert.equal(ran.code, 0);
    for (const word of ['serve', 'ingest', 'DATA_DIR', '校验']) assert.ok(ran.stdout.includes(word), word);
  });
});
