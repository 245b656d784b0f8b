import assert from 'node:assert/strict';
import { latestOwed, owedPeriods } from '../../../src/core/expected-periods.js';
import { parsePeriod, periodOf } from '../../../src/core/reporting-period.js';

const JUNE = periodOf('month', '2026-06-01');

describe('periods', () => {
  it('are days, ISO weeks and months, and nothing else', () => {
    assert.deepEqual(parsePeriod('2026-W53')?.lastDay, '2027-01-03');
    assert.equal(periodOf('week', '2027-01-01').id, '2026-W53');
    assert.equal(parsePeriod('2028-02')?.lastDay, '2028-02-29');
    for (const id of ['2025-W53', '2026-W00', '2026-13', '2026-02-30', '2026', ''])
      assert.equal(parsePeriod(id), undefined, id);
  });

  it('are owed once they are over, unless a batch came or it was said that there was nothing', () => {
    const came = { days: ['2026-06-03'], noData: [{ firstDay: '2026-06-08', lastDay: '2026-06-14' }] };
    const owed = owedPeriods({ every: 'week' }, { month: JUNE, today: '2026-06-22' }, came);
    assert.deepEqual(owed, { expected: 3, noData: ['2026-W24'], silent: ['2026-W25'] });
    const later = { every: 'week', from: '2026-06-15' } as const;
    assert.equal(owedPeriods(later, { month: JUNE, today: '2026-06-22' }, came).expected, 1);
    assert.equal(owedPeriods(undefined, { month: JUNE, today: '2026-06-22' }, came).expected, 0);
  });

  it('are reminded of once the days of grace are over', () => {
    const latest = (today: string): string | undefined =>
      latestOwed({ every: 'month' }, { today, graceDays: 3 })?.id;
    assert.equal(latest('2026-07-03'), '2026-05');
    assert.equal(latest('2026-07-04'), '2026-06');
    assert.equal(
      latestOwed({ every: 'month', from: '2026-07-01' }, { today: '2026-07-04', graceDays: 3 }),
      undefined,
    );
  });
});
