import assert from 'node:assert/strict';
import type { CanonicalRecord } from '../../../src/core/definitions.js';
import type { PeriodRules } from '../../../src/core/periods.js';
import { describeProblem } from '../../../src/core/problem-text.js';
import type { CheckedRow, DatedRow } from '../../../src/core/rows.js';
import { compilePeriod } from '../../../src/records/period.js';

const RULES: PeriodRules[] = [
  {
    from: '2026-04-01',
    source: { text: 'rules of a test', verified: true },
    classes: {
      一般: { publicityMinMonths: 3, publicityMaxMonths: 12, isPublished: true, repairAfterMonths: 3 },
    },
  },
];
const FIELDS = { class: 'severityClass', from: 'decisionDate', end: 'publicityEnd' };

const date = compilePeriod({
  periods: { fields: FIELDS, rules: RULES },
  today: '2026-06-30',
  columnOf: (field) => `column of ${field}`,
});

function checked(record: CanonicalRecord, more: Partial<CheckedRow> = {}): CheckedRow {
  return {
    checked: true,
    row: 2,
    cells: [],
    record,
    withdraws: false,
    versionTimeMs: undefined,
    problems: [],
    ...more,
  };
}

const codes = ({ problems }: DatedRow): string[] => problems.map(({ code }) => code);
const GENERAL = { severityClass: '一般', decisionDate: '2026-05-31' };

describe('the end of a record', () => {
  it('is the longest that its class allows, where it states none itself', () => {
    const row = date(checked(GENERAL));
    assert.equal(row.endsOn, '2027-05-31');
    assert.deepEqual(codes(row), []);
  });

  it('is what the record states within the bounds of its class, both of them included', () => {
    for (const publicityEnd of ['2026-08-31', '2026-12-31', '2027-05-31']) {
      const row = date(checked({ ...GENERAL, publicityEnd }));
      assert.equal(row.endsOn, publicityEnd);
      assert.deepEqual(codes(row), []);
    }
  });

  it('is what the record states where its type has no class at all', () => {
    const stated = compilePeriod({
      periods: { fields: { end: 'publicityEnd' }, rules: RULES },
      today: '2026-06-30',
      columnOf: (field) => field,
    });
    assert.equal(stated(checked({ publicityEnd: '2027-01-01' })).endsOn, '2027-01-01');
    assert.equal(stated(checked({ publicityEnd: '2099-12-31' })).endsOn, null);
    assert.equal(stated(checked({})).endsOn, null);
  });

  it('is capped at the maximum with a warning that names it', () => {
    const row = date(checked({ ...GENERAL, publicityEnd: '2027-06-01' }));
    assert.equal(row.endsOn, '2027-05-31');
    assert.deepEqual(codes(row), ['period.beyond-maximum']);
    assert.equal(row.problems[0]?.column, 'column of publicityEnd');
    assert.ok(describeProblem(row.problems[0]).messageZh.includes('2027-05-31'));
  });

  it('stays what the record states before the minimum, with a warning', () => {
    const row = date(checked({ ...GENERAL, publicityEnd: '2026-08-30' }));
    assert.equal(row.endsOn, '2026-08-30');
    assert.deepEqual(codes(row), ['period.below-minimum']);
    assert.ok(describeProblem(row.problems[0]!).message.includes('2026-08-31'));
  });

  it('is warned of where it is over already', () => {
    const row = date(
      checked({ severityClass: '一般', decisionDate: '2026-04-01', publicityEnd: '2026-07-01' }),
    );
    assert.deepEqual(codes(row), []);
    const late = compilePeriod({
      periods: { fields: FIELDS, rules: RULES },
      today: '2027-05-02',
      columnOf: (field) => field,
    });
    assert.deepEqual(codes(late(checked({ severityClass: '一般', decisionDate: '2026-05-02' }))), []);
    assert.deepEqual(codes(late(checked({ severityClass: '一般', decisionDate: '2026-05-01' }))), [
      'period.over',
    ]);
  });

  it('is guessed for no record without a class: only the end counts that it states, and 长期 is none', () => {
    assert.equal(date(checked({ decisionDate: '2026-05-31' })).endsOn, null);
    assert.equal(date(checked({ decisionDate: '2026-05-31', validUntil: '2026-06-01' })).endsOn, null);
    const stated = date(checked({ decisionDate: '2026-05-31', publicityEnd: '2050-01-01' }));
    assert.equal(stated.endsOn, '2050-01-01');
    assert.deepEqual(codes(stated), []);
    assert.equal(date(checked({ decisionDate: '2026-05-31', publicityEnd: '2099-12-31' })).endsOn, null);
  });

  it('is the maximum for a class that comes with 长期', () => {
    const row = date(checked({ ...GENERAL, publicityEnd: '2099-12-31' }));
    assert.equal(row.endsOn, '2027-05-31');
    assert.deepEqual(codes(row), []);
  });

  it('is only the stated one for a decision before all rules', () => {
    assert.equal(date(checked({ ...GENERAL, decisionDate: '2020-05-31' })).endsOn, null);
  });

  it('is none for a row that withdraws or is faulty, or a type without periods', () => {
    assert.equal(date(checked(GENERAL, { withdraws: true })).endsOn, null);
    const fault = { row: 2, code: 'date.invalid', column: null, severity: 'error' } as const;
    const faulty = date(checked({ ...GENERAL, publicityEnd: '2050-01-01' }, { problems: [fault] }));
    assert.equal(faulty.endsOn, null);
    assert.deepEqual(codes(faulty), ['date.invalid']);
    const without = compilePeriod({
      periods: { fields: undefined, rules: RULES },
      today: '2026-06-30',
      columnOf: (field) => field,
    });
    assert.equal(without(checked(GENERAL)).endsOn, null);
  });
});
