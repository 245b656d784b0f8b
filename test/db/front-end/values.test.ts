// What comes out of an agency's table is what its database writes, type by type, and what cannot work is said in
// words that give away no password.
import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import type { DatabasePullSettings } from '../../../src/core/configuration.js';
import type { GatewayError } from '../../../src/core/errors.js';
import { openFrontEnd } from '../../../src/platform/front-end/open-front-end.js';
import { openForSuite } from '../../helpers/agency-suite.js';
import { KINDS, type AgencyDatabase } from './agency-database.js';
import { openPullBench, type PullBench } from './pull-bench.js';

const T0 = '2026-06-01 10:00:00';
const IDENTITY = `'天津滨海示例商贸有限公司', '津滨市监罚〔2025〕1号', '法人及非法人组织'`;

/** A table with a column of every type that loses something when it passes through a number or a date. */
const TYPES = {
  postgres: {
    columns: `amount numeric(30, 10), big bigint, ratio double precision, day date, local timestamp(3),
      moment timestamptz, flag boolean, many text[], doc jsonb, code char(6), own timestamptz`,
    values: `12345678901234567890.1234567890, 9223372036854775807, 0.1, '2026-02-28', '2026-02-28 00:30:00.125',
      '2026-02-27 16:30:00.000001+00', true, array['a', 'b'], '{"a": 1.10}', '001200', '2026-06-01 10:00:00+08'`,
    expected: {
      amount: '12345678901234567890.1234567890',
      big: '9223372036854775807',
      ratio: '0.1',
      day: '2026-02-28',
      local: '2026-02-28 00:30:00.125',
      moment: '2026-02-28 00:30:00.000001',
      flag: 'true',
      many: '{a,b}',
      doc: '{"a": 1.10}',
      code: '001200',
    },
  },
  mysql: {
    columns: `amount decimal(30, 10), big bigint unsigned, ratio double, day date, local datetime(3),
      moment timestamp(6) null, flag boolean, many set('a', 'b'), doc json, code char(6), own datetime`,
    values: `12345678901234567890.1234567890, 18446744073709551615, 0.1, '2026-02-28', '2026-02-28 00:30:00.125',
      '2026-02-28 00:30:00.000001', true, 'a,b', '{"a": 1.10}', '001200', '2026-06-01 10:00:00'`,
    expected: {
      amount: '12345678901234567890.1234567890',
      big: '18446744073709551615',
      ratio: '0.1',
      day: '2026-02-28',
      local: '2026-02-28 00:30:00.125',
      moment: '2026-02-28 00:30:00.000001',
      flag: '1',
      many: 'a,b',
      doc: '{"a": 1.10}',
      code: '001200',
    },
  },
} as const;

for (const kind of KINDS)
  describe(`the values of a front-end database (${kind})`, function () {
    this.timeout(60_000);
    let agency: AgencyDatabase;
    let bench: PullBench;
    const quote = (name: string): string =>
      kind === 'postgres' ? `"${name.replaceAll('"', '""')}"` : `\`${name.replaceAll('`', '``')}\``;

    openForSuite(kind, (opened) => {
      agency = opened;
    });
    beforeEach(async () => {
      bench = await openPullBench(agency);
    });
    afterEach(() => bench.close());

    const make = async (table: string, columns: string, values: string): Promise<void> => {
      await agency.run(`drop table if exists ${table}`);
      await agency.run(
        `create table ${table} (id int, CF_XDR_MC text, CF_WSH text, CF_XDR_LB text, ${columns})`,
      );
      await agency.run(`insert into ${table} values (1, ${IDENTITY}, ${values})`);
    };
    /** Pulls, and gives what was delivered although the intake may refuse it. */
    const delivered = async (settings: Partial<DatabasePullSettings>): Promise<Record<string, unknown>[]> => {
      const pieces: Buffer[] = [];
      await bench.pull({
        settings,
        replaced: {
          receive: async ({ body }) => {
            for await (const piece of body) pieces.push(piece as Buffer);
            return { id: 'none', status: 'received' };
          },
        },
      });
      const lines = Buffer.concat(pieces).toString('utf8').trimEnd().split('\n');
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    const refusal = async (settings: Partial<DatabasePullSettings>): Promise<GatewayError> => {
      const error: unknown = await bench.pull({ settings }).catch((failure: unknown) => failure);
      assert.equal((error as GatewayError).code, 'pull.misconfigured');
      return error as GatewayError;
    };

    it('are the texts that the database itself writes', async () => {
      const { columns, values, expected } = TYPES[kind];
      await make('typed', columns, values);
      const [row] = await delivered({
        table: 'typed',
        cursor: { column: 'own', kind: 'time', overlap: 0 },
      });
      for (const [name, value] of Object.entries(expected)) assert.equal(row?.[name], value, name);
    });

    it('keep null apart from an empty text', async () => {
      await make('nulls', 'own int, a text, b text', `1, null, ''`);
      const [row] = await delivered({
        table: 'nulls',
        cursor: { column: 'own', kind: 'number', overlap: 0 },
      });
      assert.deepEqual([row?.['a'], row?.['b']], [null, '']);
    });

    it('are told apart under every kind of cursor', async () => {
      await agency.run('delete from penalties');
      await agency.insert([1, 2].map((id) => ({ id, at: T0 })));
      const [decimal, local] =
        kind === 'postgres' ? ['numeric', 'timestamp'] : ['decimal(30,5)', 'datetime(6)'];
      for (const [type, cursorKind, first, second] of [
        [decimal, 'number', '12345678901234567890.00001', '12345678901234567890.00002'],
        [local, 'time', '2026-06-01 00:00:00.000001', '2026-06-01 00:00:00.000002'],
        ['date', 'time', '2026-06-01', '2026-06-02'],
      ] as const) {
        const table = `cursor_${type.replace(/\W.*/, '')}`;
        await agency.run(`create table ${table} as select * from penalties where 1 = 0`);
        await agency.run(`alter table ${table} add column own ${type}`);
        const add = (id: number, own: string): Promise<unknown> =>
          agency.run(
            `insert into ${table} select p.*, ${kind === 'postgres' ? `'${own}'::${type}` : `'${own}'`}
             from penalties p where id = ${id}`,
          );
        await add(1, first);
        const settings = { table, cursor: { column: 'own', kind: cursorKind, overlap: 0 } };
        const own = await openPullBench(agency);
        try {
          await own.pull({ settings });
          await add(2, second);
          await own.pull({ settings });
          const [, batch] = await own.batches();
          const rows = await own.rowsOf(batch!.id);
          assert.deepEqual(
            rows.map((row) => [row['id'], row['own']]),
            [['2', second]],
            type,
          );
        } finally {
          await own.close();
        }
      }
    });

    it('come from names of any form, and from views', async () => {
      const name = `处罚 表'"\`;--`;
      const table = quote(name);
      await make(table, `${quote('更新 "时间`')} int`, '1');
      const cursor = { column: '更新 "时间`', kind: 'number', overlap: 0 } as const;
      assert.equal((await delivered({ table: name, cursor })).length, 1);
      await agency.run(`create view 视图 as select * from ${table}`);
      const schema = kind === 'postgres' ? 'public' : new URL(agency.url).pathname.slice(1);
      assert.equal((await delivered({ table: `${schema}.视图`, cursor })).length, 0 + 1);
    });

    it('leave out bytes that nobody asks for, and are refused where a mapping does', async () => {
      const bytes = kind === 'postgres' ? 'bytea' : 'longblob';
      await make('photos', `own int, photo ${bytes}`, `1, 'x'`);
      const cursor = { column: 'own', kind: 'number', overlap: 0 } as const;
      const [row] = await delivered({ table: 'photos', cursor });
      assert.ok(row !== undefined && !('photo' in row));
      assert.ok(bench.lines.some(({ columns }) => JSON.stringify(columns) === '["photo"]'));
      await make('scans', `own int, CF_NR ${bytes}`, `1, 'x'`);
      assert.match((await refusal({ table: 'scans', cursor })).message, /CF_NR/i);
    });

    it('that no reader takes cost their own row and no other', async () => {
      await agency.run('delete from penalties');
      await agency.insert([
        { id: 1, at: T0 },
        { id: 2, at: T0, cells: { CF_NR: '长'.repeat(60_000) } },
        {
          id: 3,
          at: T0,
          cells: Object.fromEntries(
            ['CF_NR', 'CF_SY', 'CF_YJ', 'BZ', 'CF_WFXW'].map((name) => [
              name,
              '"'.repeat(49_000) + '\u0001'.repeat(49_000),
            ]),
          ),
        },
        { id: 4, at: T0 },
      ]);
      await bench.pull();
      await bench.bench.work();
      assert.deepEqual(await bench.verdicts(), { new: 2, rejected: 2 });
    });

    it('are not asked for where the settings do not fit the table', async () => {
      await make('plain', 'own int, photo text', `1, 'x'`);
      const cursor = { column: 'own', kind: 'number', overlap: 0 } as const;
      const cases: [Partial<DatabasePullSettings>, RegExp][] = [
        [{ table: 'nowhere', cursor }, /no table nowhere/],
        [{ table: 'plain', cursor, keyColumns: ['key'] }, /no column key/],
        [{ table: 'plain', cursor: { ...cursor, column: 'when' } }, /no column when/],
        [{ table: 'plain', cursor: { ...cursor, kind: 'time' } }, /to be the cursor/],
        [{ table: 'plain', cursor: { ...cursor, column: 'photo' } }, /to be the cursor/],
      ];
      for (const [settings, message] of cases) assert.match((await refusal(settings)).message, message);
      await agency.run('create table strangers (id int, own int)');
      assert.match((await refusal({ table: 'strangers', cursor })).message, /known mapping/);
      await agency.run('create table nameless (id int, own int, CF_WSH text, CF_NR text, CF_JDRQ text)');
      const withdrawing = { table: 'nameless', cursor, withdrawsMissing: true };
      assert.match((await refusal(withdrawing)).message, /cannot be withdrawn/);
    });

    it('are kept from whoever has no right to them, and no error says who or where', async () => {
      const url = new URL(agency.url);
      url.username = 'nobody_of_this_name';
      url.password = 'sEcReT-pass';
      if (kind === 'postgres') url.pathname = '/no_such_database';
      for (const address of [url.href, 'mysql:sEcReT-pass', 'sEcReT-pass']) {
        const error = (await bench
          .pull({ replaced: { readSecret: async () => address } })
          .catch((failure: unknown) => failure)) as GatewayError;
        assert.equal(error.code, 'pull.misconfigured', error.message);
        const told = JSON.stringify([error.message, error.details, error.cause, error.stack, bench.lines]);
        assert.doesNotMatch(told, /sEcReT|nobody_of_this_name/);
      }
    });

    it('are given up where the server does not answer, or ends', async () => {
      const silent: Server = createServer(() => undefined).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      const open = (address: string): Promise<unknown> =>
        openFrontEnd(
          { kind, urlFile: 'url' },
          {
            readSecret: async () => address,
            signal: new AbortController().signal,
            timeouts: { connectTimeoutMs: 200, idleTimeoutMs: 400 },
          },
        );
      const scheme = kind === 'postgres' ? 'postgres' : 'mysql';
      await assert.rejects(open(`${scheme}://a:b@127.0.0.1:${port}/c`), { code: 'pull.failed' });
      silent.close();
      await assert.rejects(open(`${scheme}://a:b@127.0.0.1:1/c`), { code: 'pull.failed' });
    });

    it('are given up where a statement takes too long', async () => {
      const frontEnd = await openFrontEnd(
        { kind, urlFile: 'url' },
        {
          readSecret: async () => agency.url,
          signal: new AbortController().signal,
          timeouts: { connectTimeoutMs: 5000, idleTimeoutMs: 300 },
        },
      );
      const text = kind === 'postgres' ? 'select pg_sleep(20)' : 'select sleep(20)';
      await assert.rejects(frontEnd.run({ text, values: [] }), { code: 'pull.failed' });
      await frontEnd.close();
    });

    it('are given up where rows are waited for when the server falls silent, or the pull is ended', async () => {
      const text = kind === 'postgres' ? 'select pg_sleep(20)' : 'select sleep(20)';
      const read = async (idleTimeoutMs: number, ended: AbortController): Promise<void> => {
        const frontEnd = await openFrontEnd(
          { kind, urlFile: 'url' },
          {
            readSecret: async () => agency.url,
            signal: ended.signal,
            timeouts: { connectTimeoutMs: 5000, idleTimeoutMs },
          },
        );
        try {
          const rows = frontEnd.stream({ text, values: [] });
          const first = rows.next();
          if (idleTimeoutMs > 1000) setImmediate(() => ended.abort(new Error('ended')));
          await first;
        } finally {
          await frontEnd.close();
        }
      };
      await assert.rejects(read(300, new AbortController()), { code: 'pull.failed' });
      await assert.rejects(read(60_000, new AbortController()), { message: 'ended' });
    });
  });
