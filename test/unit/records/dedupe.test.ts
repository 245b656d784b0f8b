// The verdicts of design: each row against its record's current version at that moment, in row order.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { FingerprintedRow, JudgedRow } from '../../../src/core/rows.js';
import type { CurrentVersion } from '../../../src/db/current-versions.js';
import { judgeRows } from '../../../src/records/dedupe.js';
import { noRemovals, type Ground } from '../../../src/records/ground.js';

const AGENCY = 'market-regulation';

interface RowOptions {
  readonly id?: string;
  readonly content?: string;
  readonly subject?: string;
  readonly withdraws?: boolean;
  readonly at?: number;
}

function row(number: number, options: RowOptions = {}): FingerprintedRow {
  return {
    row: number,
    cells: undefined,
    problems: [],
    withdraws: options.withdraws ?? false,
    orderedAtMs: options.at ?? 1000,
    print: {
      recordId: options.id ?? 'a',
      contentHash: options.content ?? 'x',
      subject: options.subject ?? 'S',
      documentNumber: 'D',
      nameKey: 1,
      data: '{}',
      secrets: null,
      endsOn: null,
      openness: null,
    },
  };
}

function current(options: Partial<CurrentVersion> = {}): CurrentVersion {
  return {
    recordId: 'a',
    version: 1,
    operation: 'u',
    contentHash: 'x',
    subject: 'S',
    documentNumber: 'D',
    nameKey: 1,
    agency: AGENCY,
    batchNumber: 1,
    orderNumber: options.batchNumber ?? 1,
    orderedAtMs: 500,
    row: 2,
    openness: null,
    endsOn: null,
    ...options,
  };
}

function ground(versions: readonly CurrentVersion[] = [], batchNumber = 2): Ground {
  return {
    agency: AGENCY,
    batchNumber,
    orderNumber: batchNumber,
    today: '2026-06-30',
    current: new Map(versions.map((version) => [version.recordId, version])),
    documents: new Map(),
    lists: new Map(),
    removals: noRemovals(),
    ended: new Set(),
  };
}

const verdicts = (rows: readonly JudgedRow[]): string[] => rows.map(({ verdict }) => verdict);
const codes = (rows: readonly JudgedRow[]): string[] =>
  rows.flatMap(({ problems }) => problems.map(({ code }) => code));

describe('verdicts', () => {
  it('are new for an unknown record, and duplicate for the same content in the same batch', () => {
    assert.deepEqual(verdicts(judgeRows([row(2), row(3)], ground())), ['new', 'duplicate']);
  });

  it('are unchanged where an earlier batch wrote the equal content', () => {
    assert.deepEqual(verdicts(judgeRows([row(2)], ground([current()]))), ['unchanged']);
  });

  it('are amended for other content, back to earlier content too, and warn of a conflict within the batch', () => {
    const judged = judgeRows([row(2, { content: 'y' }), row(3, { content: 'x' })], ground([current()]));
    assert.deepEqual(verdicts(judged), ['amended', 'amended']);
    assert.deepEqual(codes(judged), ['row.conflicts-in-batch']);
    assert.deepEqual(
      judged.map(({ change }) => change?.version),
      [2, 3],
    );
  });

  it('are stale where the order key is smaller than the current version’s', () => {
    assert.deepEqual(verdicts(judgeRows([row(2, { content: 'y', at: 499 })], ground([current()]))), [
      'stale',
    ]);
  });

  it('warn where the code of a known identity changes', () => {
    const judged = judgeRows([row(2, { content: 'y', subject: 'T' })], ground([current()]));
    assert.deepEqual(codes(judged), ['record.subject-changed']);
  });

  it('keep a withdrawn record withdrawn: stale with a warning', () => {
    const judged = judgeRows([row(2)], ground([current({ operation: 'd' })]));
    assert.deepEqual(verdicts(judged), ['stale']);
    assert.deepEqual(codes(judged), ['record.ended']);
  });

  it('leave a record whose last day is over as it is, although nothing has ended it yet', () => {
    const over = current({ endsOn: '2026-06-29' });
    for (const content of ['x', 'y']) {
      const judged = judgeRows([row(2, { content })], ground([over]));
      assert.deepEqual([verdicts(judged), codes(judged)], [['stale'], ['record.ended']]);
    }
    const withdrawal = judgeRows([row(2, { withdraws: true })], ground([over]));
    assert.deepEqual(verdicts(withdrawal), ['unchanged']);
    const last = current({ endsOn: '2026-06-30' });
    assert.deepEqual(verdicts(judgeRows([row(2, { content: 'y' })], ground([last]))), ['amended']);
  });

  it('withdraw once, then are unchanged; an unknown record is rejected', () => {
    const rows = [
      row(2, { withdraws: true }),
      row(3, { withdraws: true }),
      row(4, { id: 'b', withdraws: true }),
    ];
    const judged = judgeRows(rows, ground([current()]));
    assert.deepEqual(verdicts(judged), ['withdrawn', 'unchanged', 'rejected']);
    assert.deepEqual(codes(judged), ['withdrawal.unknown-record']);
    assert.equal(judged[0]?.change?.data, '{}');
  });

  it('leave a record with the agency that delivered it first', () => {
    const others = ground([current({ agency: 'health' })]);
    const judged = judgeRows([row(2), row(3, { content: 'y' }), row(4, { withdraws: true })], others);
    assert.deepEqual(verdicts(judged), ['unchanged', 'rejected', 'rejected']);
    assert.deepEqual(codes(judged), ['record.other-agency', 'record.other-agency', 'record.other-agency']);
    assert.equal(judged[0]?.problems[0]?.severity, 'warning');
  });

  it('warn of a possible duplicate under another name, and merge nothing', () => {
    const judged = judgeRows([row(2, { id: 'a' }), row(3, { id: 'b' })], ground());
    assert.deepEqual(verdicts(judged), ['new', 'new']);
    assert.deepEqual(codes(judged), ['record.possible-duplicate']);
  });

  it('reject a row without identity and keep its problems', () => {
    const faulty: FingerprintedRow = { ...row(2), cells: ['x'], print: undefined };
    const judged = judgeRows([faulty], ground());
    assert.deepEqual(verdicts(judged), ['rejected']);
    assert.deepEqual(judged[0]?.rejected, { cells: ['x'] });
  });

  it('do not depend on the size of the chunks', () => {
    const rowOptions = fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      content: fc.constantFrom('x', 'y', 'z'),
      withdraws: fc.boolean(),
      at: fc.constantFrom(400, 1000),
    });
    fc.assert(
      fc.property(
        fc.array(rowOptions, { maxLength: 30 }),
        fc.integer({ min: 1, max: 30 }),
        (options, size) => {
          const rows = options.map((entry, i) => row(i + 2, entry));
          const whole = judgeRows(rows, ground([current()]));
          const shared = ground([current()]);
          const parts: JudgedRow[] = [];
          for (let start = 0; start < rows.length; start += size)
            parts.push(...judgeRows(rows.slice(start, start + size), shared));
          assert.deepEqual(parts, whole);
        },
      ),
    );
  });
});
