// The ordinary pull from real tables: what is new or has changed becomes one batch, and nothing is lost or doubled,
// whatever the clocks and transactions of the agency do.
import assert from 'node:assert/strict';
import { createDatabasePull } from '../../../src/intake/front-end/database-pull.js';
import { openForSuite } from '../../helpers/agency-suite.js';
import { KINDS, type AgencyDatabase } from './agency-database.js';
import { openPullBench, type PullBench } from './pull-bench.js';

const T0 = '2026-06-01 10:00:00';

for (const kind of KINDS)
  describe(`a pull from a front-end database (${kind})`, function () {
    this.timeout(60_000);
    let agency: AgencyDatabase;
    let bench: PullBench;

    openForSuite(kind, (opened) => {
      agency = opened;
    });
    beforeEach(async () => {
      await agency.run('delete from penalties');
      bench = await openPullBench(agency);
    });
    afterEach(() => bench.close());

    const pull: PullBench['pull'] = (options) => bench.pull(options);
    const received = async (): Promise<number[]> => (await bench.batches()).map((batch) => batch.received);
    const pullAndWork: PullBench['pull'] = async (options) => {
      await pull(options);
      await bench.work();
    };

    it('gives every row of the first time, and no batch where nothing is new', async () => {
      await agency.insert([1, 2, 3].map((id) => ({ id, at: T0 })));
      await pullAndWork();
      assert.deepEqual(await bench.verdicts(), { new: 3 });
      await pullAndWork();
      await pullAndWork();
      assert.equal((await bench.batches()).length, 1);
    });

    it('makes no batch of an empty table, and takes what comes later', async () => {
      await pullAndWork();
      assert.deepEqual(await bench.batches(), []);
      await agency.insert([{ id: 1, at: T0 }]);
      await pullAndWork();
      assert.deepEqual(await bench.verdicts(), { new: 1 });
    });

    it('takes rows of the very moment at which the last pull ended, each once', async () => {
      await agency.insert([1, 2].map((id) => ({ id, at: T0 })));
      await pullAndWork({ settings: { cursor: { column: 'updated_at', kind: 'time', overlap: 0 } } });
      await agency.insert([3, 4].map((id) => ({ id, at: T0 })));
      await pullAndWork({ settings: { cursor: { column: 'updated_at', kind: 'time', overlap: 0 } } });
      assert.deepEqual(await received(), [2, 2]);
      assert.deepEqual(await bench.verdicts(), { new: 4 });
    });

    it('takes microseconds as the database writes them', async () => {
      await agency.insert([{ id: 1, at: `${T0}.123457` }]);
      const settings = { cursor: { column: 'updated_at', kind: 'time', overlap: 0 } } as const;
      await pullAndWork({ settings });
      await agency.insert([
        { id: 2, at: `${T0}.123456` },
        { id: 3, at: `${T0}.123458` },
      ]);
      await pullAndWork({ settings });
      const [, second] = await bench.batches();
      const rows = await bench.rowsOf(second!.id);
      assert.deepEqual(
        rows.map(({ id, updated_at }) => [id, updated_at]),
        [['3', `${T0}.123458`]],
      );
    });

    it('takes a row that changed, and not one whose time alone has moved', async () => {
      await agency.insert([1, 2].map((id) => ({ id, at: T0 })));
      await pullAndWork();
      await agency.run(
        `update penalties set BZ = '更正', updated_at = updated_at + interval '10' second where id = 1`,
      );
      await agency.run(`update penalties set updated_at = updated_at + interval '10' second where id = 2`);
      await pullAndWork();
      assert.deepEqual(await bench.verdicts(), { new: 2, amended: 1 });
      assert.deepEqual(await received(), [2, 1]);
    });

    it('takes a row that goes back to what it was', async () => {
      await agency.insert([{ id: 1, at: T0 }]);
      await pullAndWork();
      for (const remark of ['更正', '', '更正']) {
        await agency.run('update penalties set BZ = ? where id = 1', [remark]);
        await pullAndWork();
      }
      assert.deepEqual(await bench.verdicts(), { new: 1, amended: 3 });
    });

    it('takes a row that was committed late, with a time inside the overlap', async () => {
      const late = await agency.connect();
      await late.run('begin');
      await late.run(
        `insert into penalties (id, CF_WSH, updated_at) values (9, '迟到〔2026〕1号', '2026-06-01 09:59:30${kind === 'postgres' ? '+08' : ''}')`,
      );
      await agency.insert([{ id: 1, at: T0 }]);
      await pullAndWork();
      await late.run('commit');
      await late.end();
      await pullAndWork();
      const [, second] = await bench.batches();
      assert.deepEqual(
        (await bench.rowsOf(second!.id)).map(({ id }) => id),
        ['9'],
      );
    });

    it('reads one state of the table: rows that change meanwhile come with the next pull', async () => {
      const count = 3000;
      await agency.insert(Array.from({ length: count }, (_, i) => ({ id: i + 1, at: T0 })));
      let isChanged = false;
      await pull({
        replaced: {
          receive: async (delivery) => {
            // The first block has been read by now, the others have not.
            await agency.run(
              `update penalties set BZ = '更正', updated_at = updated_at + interval '1' second where id > ${count - 10}`,
            );
            await agency.insert([{ id: count + 1, at: '2026-06-01 10:00:01' }]);
            isChanged = true;
            return bench.receive(delivery);
          },
        },
      });
      assert.ok(isChanged);
      await bench.work();
      assert.deepEqual(await bench.verdicts(), { new: count });
      await pullAndWork();
      assert.deepEqual(await bench.verdicts(), { new: count + 1, amended: 10 });
    });

    it('never loses a row without a cursor', async () => {
      await agency.insert([
        { id: 1, at: T0 },
        { id: 2, at: null },
      ]);
      await pullAndWork();
      await agency.insert([{ id: 3, at: null }]);
      await pullAndWork();
      await pullAndWork();
      assert.deepEqual(await received(), [2, 1]);
      const told = bench.lines.filter(({ msg }) => /no cursor/.test(String(msg)));
      assert.equal(told.length, 1);
    });

    it('is not led into the future by one row with a wrong time', async () => {
      await agency.insert([
        { id: 1, at: T0 },
        { id: 2, at: '2037-01-01 00:00:00' },
      ]);
      await pullAndWork();
      await agency.insert([{ id: 3, at: '2026-06-01 10:00:30' }]);
      await pullAndWork();
      await pullAndWork();
      assert.deepEqual(await received(), [2, 1]);
    });

    it('begins again where the table was emptied and filled from zero', async () => {
      const settings = { cursor: { column: 'id', kind: 'number', overlap: 0 } } as const;
      await agency.insert([101, 102, 103].map((id) => ({ id, at: T0 })));
      await pullAndWork({ settings });
      await agency.run('delete from penalties');
      await agency.insert([1, 2].map((id) => ({ id, n: 200 + id, at: T0 })));
      await pullAndWork({ settings });
      assert.deepEqual(await bench.verdicts(), { new: 5 });
      assert.ok(bench.lines.some(({ msg }) => /read from the beginning/.test(String(msg))));
      await pullAndWork({ settings });
      assert.equal((await bench.batches()).length, 2);
    });

    it('begins again where the table was seen empty and has grown beyond its place since', async () => {
      const settings = { cursor: { column: 'id', kind: 'number', overlap: 0 } } as const;
      await agency.insert([1, 2].map((id) => ({ id, at: T0 })));
      await pullAndWork({ settings });
      await agency.run('delete from penalties');
      await pullAndWork({ settings });
      await agency.insert([1, 2, 3].map((id) => ({ id, n: 300 + id, at: T0 })));
      await pullAndWork({ settings });
      assert.deepEqual(await bench.verdicts(), { new: 5 });
    });

    it('tells numbers beyond 2^53 apart', async () => {
      const settings = { cursor: { column: 'id', kind: 'number', overlap: 0 } } as const;
      await agency.insert([{ id: '9007199254740993', n: 1, at: T0 }]);
      await pullAndWork({ settings });
      await agency.insert([
        { id: '9007199254740992', n: 2, at: T0 },
        { id: '9007199254740994', n: 3, at: T0 },
      ]);
      await pullAndWork({ settings });
      const [, second] = await bench.batches();
      assert.deepEqual(
        (await bench.rowsOf(second!.id)).map(({ id }) => id),
        ['9007199254740994'],
      );
    });

    it('reads everything again for a full order', async () => {
      await agency.insert([1, 2].map((id) => ({ id, at: T0 })));
      await pullAndWork();
      await pullAndWork({ order: { isFull: true } });
      assert.deepEqual(await bench.verdicts(), { new: 2, unchanged: 2 });
    });

    it('comes in several deliveries where it is too much for one, whatever rows have the same time', async () => {
      const rows = Array.from({ length: 3500 }, (_, i) => ({ id: i + 1, at: T0 }));
      rows.splice(3300, 200, ...rows.slice(3300).map((row) => ({ ...row, at: '2037-01-01 00:00:00' })));
      await agency.insert(rows);
      await agency.insert([{ id: 9001, n: 9001, at: null }]);
      const replaced = { rowsADelivery: 1000 };
      await pull({ replaced });
      assert.deepEqual(await received(), [0, 0, 0, 0]);
      await bench.work();
      assert.deepEqual(await received(), [1000, 1000, 1000, 501]);
      assert.deepEqual(await bench.verdicts(), { new: 3501 });
      await agency.insert([{ id: 9002, n: 9002, at: '2026-06-01 10:00:10' }]);
      await pullAndWork({ replaced });
      assert.equal((await bench.verdicts())['new'], 3502);
      await pullAndWork({ replaced, order: { isFull: true } });
      assert.equal((await bench.verdicts())['unchanged'], 3502);
    });

    it('goes on behind its last whole delivery where a later one breaks', async () => {
      await agency.insert(Array.from({ length: 2500 }, (_, i) => ({ id: i + 1, at: T0 })));
      let calls = 0;
      const boom = new Error('broken on purpose');
      const receive: PullBench['receive'] = (delivery) => {
        calls += 1;
        return calls === 2 ? Promise.reject(boom) : bench.receive(delivery);
      };
      await assert.rejects(pull({ replaced: { rowsADelivery: 1000, receive } }), boom);
      await pullAndWork({ replaced: { rowsADelivery: 1000 } });
      assert.deepEqual(await received(), [1000, 1000, 500]);
      assert.deepEqual(await bench.verdicts(), { new: 2500 });
    });

    it('is refused where the key columns do not tell the rows apart', async () => {
      await agency.insert(Array.from({ length: 10 }, (_, i) => ({ id: i + 1, at: T0 })));
      await assert.rejects(pull({ settings: { keyColumns: ['CF_CFJGDM'] } }), { code: 'pull.misconfigured' });
      assert.deepEqual(await bench.batches(), []);
    });

    it('moves its place with the rows: whatever breaks, nothing is lost and nothing comes twice', async () => {
      await agency.insert(Array.from({ length: 2500 }, (_, i) => ({ id: i + 1, at: T0 })));
      const boom = new Error('broken on purpose');
      const breaks: ((delivery: Parameters<PullBench['receive']>[0]) => Promise<never>)[] = [
        async () => Promise.reject(boom),
        async (delivery) => {
          for await (const piece of delivery.body) if ((piece as Buffer).length > 0) throw boom;
          throw boom;
        },
        async (delivery) => {
          const alongside: typeof delivery.alongside = async (sql, id) => {
            await delivery.alongside?.(sql, id);
            throw boom;
          };
          await bench.receive({ ...delivery, alongside });
          throw new Error('not reached');
        },
      ];
      for (const receive of breaks) {
        await assert.rejects(pull({ replaced: { receive } }), boom);
        assert.deepEqual(await bench.batches(), []);
        assert.equal(await bench.known(), 0);
      }
      // Here the commit has happened, and only its answer was lost.
      await assert.rejects(
        pull({
          replaced: {
            receive: async (delivery) => {
              await bench.receive(delivery);
              throw boom;
            },
          },
        }),
        boom,
      );
      await pullAndWork();
      assert.deepEqual(await bench.verdicts(), { new: 2500 });
    });

    it('lets one of two workers win that pull at once', async () => {
      await agency.insert([1, 2].map((id) => ({ id, at: T0 })));
      let isOther = false;
      const first = pull({
        replaced: {
          receive: async (delivery) => {
            if (!isOther) {
              isOther = true;
              await pull();
            }
            return bench.receive(delivery);
          },
        },
      });
      await assert.rejects(first, { code: 'claim.lost' });
      await pullAndWork();
      assert.deepEqual(await bench.verdicts(), { new: 2 });
    });

    it('ends at once when its lease is lost', async () => {
      await agency.insert(Array.from({ length: 3000 }, (_, i) => ({ id: i + 1, at: T0 })));
      const ending = new AbortController();
      const lost = new Error('lease lost');
      await assert.rejects(
        createDatabasePull({
          ...bench.needs,
          signal: ending.signal,
          receive: async (delivery) => {
            ending.abort(lost);
            return bench.receive(delivery);
          },
        })(bench.source(), { isFull: false, isSweep: false }),
        lost,
      );
      assert.deepEqual(await bench.batches(), []);
    });
  });
