// The sweep of real tables: it finds what no cursor shows, which is rows that were committed far too late and rows
// that are gone. It withdraws no record that is still there, and no great part of a source unasked.
import assert from 'node:assert/strict';
import { dropBatch, releaseBatch } from '../../../src/db/held-batches.js';
import { NOW, SOURCE } from '../../helpers/intake.js';
import { openForSuite } from '../../helpers/agency-suite.js';
import { KINDS, moment, type AgencyDatabase } from './agency-database.js';
import { openPullBench, type PullBench } from './pull-bench.js';

const T0 = '2026-06-01 10:00:00';
const SWEEP = { order: { isSweep: true }, settings: { withdrawsMissing: true } };
const PULL = { settings: { withdrawsMissing: true } };
const WARNING = { code: 'batch.dropped', message: 'Dropped.', messageZh: '放弃。' };

for (const kind of KINDS)
  describe(`a sweep of a front-end database (${kind})`, function () {
    this.timeout(60_000);
    let agency: AgencyDatabase;
    let bench: PullBench;

    openForSuite(kind, (opened) => {
      agency = opened;
    });
    beforeEach(async () => {
      await agency.run('delete from penalties');
      bench = await openPullBench(agency);
      await agency.insert(Array.from({ length: 40 }, (_, i) => ({ id: i + 1, at: T0 })));
      await pull(PULL);
    });
    afterEach(() => bench.close());

    const pull: PullBench['pull'] = async (options) => {
      await bench.pull(options);
      await bench.work();
    };
    const last = async (): Promise<Awaited<ReturnType<PullBench['batches']>>[number]> =>
      (await bench.batches()).at(-1)!;

    it('takes rows that were committed so late that no overlap reached them', async () => {
      await agency.insert([
        { id: 50, at: '2026-05-01 00:00:00' },
        { id: 51, at: '2026-05-01 00:00:00' },
      ]);
      await pull(PULL);
      assert.deepEqual(await bench.verdicts(), { new: 40 });
      await pull({ order: { isSweep: true } });
      await pull({ order: { isSweep: true } });
      assert.deepEqual(await bench.verdicts(), { new: 42 });
      assert.deepEqual((await bench.rowsOf((await last()).id)).map(({ id }) => id).sort(), ['50', '51']);
    });

    it('withdraws the records of rows that are gone, once', async () => {
      await agency.run('delete from penalties where id in (3, 4)');
      await pull(PULL);
      assert.deepEqual(await bench.verdicts(), { new: 40 });
      await pull(SWEEP);
      assert.deepEqual(await bench.verdicts(), { new: 40, withdrawn: 2 });
      assert.equal((await last()).status, 'accepted');
      await pull(SWEEP);
      assert.equal((await bench.batches()).length, 2);
      assert.equal(await bench.known(), 38);
    });

    it('writes down that it reads the rows that are gone, once for all of them, and else reads none', async () => {
      const { database } = bench.bench.test;
      const read = async (): Promise<unknown[]> =>
        (
          await database.query(
            `select actor, object, details from audit_entries where action = 'pulled-rows.read'`,
          )
        ).rows;
      await pull(SWEEP);
      assert.deepEqual(await read(), []);
      await agency.run('delete from penalties where id in (3, 4)');
      await database.query(
        `create function refuse() returns trigger language plpgsql as $$ begin raise 'full'; end $$;
         create trigger full_log before insert on audit_entries for each row
           when (new.action = 'pulled-rows.read') execute function refuse()`,
      );
      await assert.rejects(pull(SWEEP), { code: 'audit.unavailable' });
      assert.equal((await bench.batches()).length, 1);
      await database.query('drop trigger full_log on audit_entries');
      await pull(SWEEP);
      assert.deepEqual(await bench.verdicts(), { new: 40, withdrawn: 2 });
      const entry = { actor: 'gateway', object: SOURCE, details: '{"purpose":"withdrawal","rows":2}' };
      assert.deepEqual(await read(), [entry]);
    });

    it('withdraws nothing where the source does not say so', async () => {
      await agency.run('delete from penalties where id = 3');
      await pull({ order: { isSweep: true } });
      assert.deepEqual(await bench.verdicts(), { new: 40 });
    });

    it('gives a withdrawal the key and the identity of its row, and nothing else', async () => {
      await agency.run('delete from penalties where id = 3');
      await pull(SWEEP);
      const [row] = await bench.rowsOf((await last()).id);
      const filled = Object.entries(row!).flatMap(([name, value]) =>
        // PostgreSQL folds names that nobody quotes.
        value === null ? [] : [[name.toUpperCase(), value]],
      );
      assert.deepEqual(Object.fromEntries(filled), {
        ID: '3',
        CF_XDR_MC: '天津滨海示例商贸第3有限公司',
        CF_WSH: '津滨市监罚〔2025〕3号',
        CF_XDR_LB: '法人及非法人组织',
        CF_XDR_ZJHM: '',
        CF_XDR_ZJLX: '',
        操作: '撤销',
      });
    });

    it('withdraws no record whose row was deleted and came back under another key', async () => {
      await agency.run('delete from penalties where id in (3, 4)');
      // One is pulled in the ordinary way, the other is found by this very sweep.
      await agency.insert([
        { id: 103, n: 3, at: '2026-06-01 10:00:30', cells: { CF_XDR_MC: '天津滨海示例商贸第３有限公司' } },
        { id: 104, n: 4, at: '2026-05-01 00:00:00' },
      ]);
      await pull(SWEEP);
      const verdicts = await bench.verdicts();
      assert.equal(verdicts['withdrawn'], undefined);
      assert.deepEqual(verdicts, { new: 40, unchanged: 2 });
      assert.equal(await bench.known(), 40);
      await agency.run('delete from penalties where id = 103');
      await pull(SWEEP);
      assert.equal((await bench.verdicts())['withdrawn'], 1);
    });

    it('withdraws the record that a row has given up for another', async () => {
      await agency.run(
        `update penalties set CF_WSH = '津滨市监罚〔2025〕更正1号', updated_at = ? where id = 5`,
        [moment(kind, '2026-06-01 10:00:30')],
      );
      await pull(SWEEP);
      assert.deepEqual(await bench.verdicts(), { new: 41, withdrawn: 1 });
      await pull(SWEEP);
      assert.deepEqual(await bench.verdicts(), { new: 41, withdrawn: 1 });
    });

    it('withdraws twice what came back and went again', async () => {
      for (const withdrawn of [1, 2]) {
        await agency.run('delete from penalties where id = 3');
        await pull(SWEEP);
        const sweeps = (await bench.batches()).filter((batch) => batch.withdrawn + batch.unchanged > 0);
        assert.equal(sweeps.length, withdrawn, 'the same bytes are judged again');
        await agency.insert([{ id: 3, at: T0 }]);
        await pull(PULL);
      }
    });

    it('takes once more what was taken before withdrawals were wanted, so that it can be withdrawn', async () => {
      const other = await openPullBench(agency);
      try {
        await other.pull();
        await other.pull(SWEEP);
        await agency.run('delete from penalties where id = 3');
        await other.pull(SWEEP);
        await other.work();
        assert.deepEqual(await other.verdicts(), { new: 40, unchanged: 40, withdrawn: 1 });
      } finally {
        await other.close();
      }
    });

    it('loses nothing and doubles nothing where it breaks', async () => {
      await agency.run('delete from penalties where id = 3');
      await agency.insert([{ id: 50, at: '2026-05-01 00:00:00' }]);
      const boom = new Error('broken on purpose');
      let calls = 0;
      const breakAt = (which: number): Promise<void> =>
        bench.pull({
          ...SWEEP,
          replaced: {
            receive: async (delivery) => {
              calls += 1;
              const alongside: typeof delivery.alongside = async (sql, id) => {
                await delivery.alongside?.(sql, id);
                if (calls === which) throw boom;
              };
              return bench.receive({ ...delivery, alongside });
            },
          },
        });
      await assert.rejects(breakAt(1), boom);
      calls = 0;
      await assert.rejects(breakAt(2), boom);
      await pull(SWEEP);
      assert.deepEqual(await bench.verdicts(), { new: 41, withdrawn: 1 });
    });

    describe('that would withdraw more than its share', () => {
      beforeEach(async () => {
        await agency.run('delete from penalties where id <= 3');
        await pull(SWEEP);
      });

      it('is held, with a preview of what it would do', async () => {
        const { rows } = await bench.bench.test.database.query(
          `select status, hold_reason, preview->'counts'->'withdrawn' as withdrawn from batches order by number`,
        );
        assert.deepEqual(rows[1], { status: 'held', hold_reason: 'withdrawn-share', withdrawn: 3 });
        assert.deepEqual(await bench.verdicts(), { new: 40 });
        assert.equal(await bench.known(), 40);
      });

      it('is not held where the share is higher', async () => {
        const other = await openPullBench(agency);
        try {
          await agency.insert([{ id: 1, at: T0 }]);
          await other.pull(PULL);
          await agency.run('delete from penalties where id in (1, 4, 5)');
          await other.pull({ ...SWEEP, replaced: { aboveWithdrawnShare: 1 } });
          await other.work();
          assert.deepEqual(await other.verdicts(), { new: 38, withdrawn: 3 });
        } finally {
          await other.close();
        }
      });

      it('is not added to while it is undecided, and what goes meanwhile waits as well', async () => {
        await pull(SWEEP);
        assert.equal((await bench.batches()).length, 2);
        await agency.run('delete from penalties where id = 4');
        await pull(SWEEP);
        assert.deepEqual(
          (await bench.batches()).map(({ status }) => status),
          ['accepted', 'held', 'held'],
        );
        const rows = await bench.rowsOf((await last()).id);
        assert.deepEqual(
          rows.map(({ id }) => id),
          ['4'],
        );
      });

      it('withdraws once it is released', async () => {
        assert.ok(await releaseBatch(bench.bench.test.database, { id: (await last()).id, at: NOW }));
        await pull(SWEEP);
        assert.deepEqual(await bench.verdicts(), { new: 40, withdrawn: 3 });
        assert.equal(await bench.known(), 37);
        assert.equal((await bench.batches()).length, 2);
      });

      it('leaves its rows alone once it is dropped, until they have come back or everything is asked for', async () => {
        const dropped = { id: (await last()).id, at: NOW, warning: WARNING };
        assert.ok(await dropBatch(bench.bench.test.database, dropped));
        await pull(SWEEP);
        assert.equal((await bench.batches()).length, 2);
        await agency.insert([{ id: 1, at: T0 }]);
        await pull(SWEEP);
        assert.equal((await bench.batches()).length, 2);
        await agency.run('delete from penalties where id = 1');
        await pull(SWEEP);
        assert.deepEqual(await bench.verdicts(), { new: 40, withdrawn: 1 });
        await pull({ ...SWEEP, order: { isSweep: true, isFull: true } });
        assert.equal((await last()).status, 'held');
        assert.equal((await bench.rowsOf((await last()).id)).length, 2);
      });
    });

    it('holds what an empty table would withdraw', async () => {
      await agency.run('delete from penalties');
      await pull(SWEEP);
      assert.equal((await last()).status, 'held');
      assert.equal((await bench.rowsOf((await last()).id)).length, 40);
    });
  });
