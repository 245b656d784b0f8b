// Working days by the notices of the State Council, on the calendars of `config/`.
import assert from 'node:assert/strict';
import path from 'node:path';
import fc from 'fast-check';
import { loadSite } from '../../../src/app/site.js';
import { dayNumber, dayOf } from '../../../src/core/day.js';
import { compileWorkingDays } from '../../../src/core/working-days.js';
import { calendarProblems, calendarsAt } from '../../../src/platform/check-calendars.js';
import { projectRoot } from '../../../src/platform/project-root.js';

const { configuration, definitions } = loadSite(path.join(projectRoot, 'config'));
const days = compileWorkingDays(configuration.calendars);
const without = (year: number): typeof configuration => ({
  ...configuration,
  calendars: configuration.calendars.filter((calendar) => calendar.year !== year),
});

describe('working days', () => {
  it('are weekdays, less holidays, plus the days that were shifted', () => {
    for (const day of ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-06-30'])
      assert.equal(days.isWorkingDay(day), true, day);
    for (const day of ['2026-01-02', '2026-02-23', '2026-06-19', '2026-10-07', '2026-06-28', '2025-10-08'])
      assert.equal(days.isWorkingDay(day), false, day);
  });

  it('are counted from the day after the decision', () => {
    assert.equal(days.deadline('2026-06-01', 7), '2026-06-10');
    assert.equal(
      days.deadline('2026-02-13', 7),
      '2026-03-02',
      'over the Spring Festival, with its two shifted days',
    );
    assert.equal(days.deadline('2025-12-31', 1), '2026-01-04', 'a Sunday on which is worked');
    assert.equal(days.deadline('2025-12-29', 7), '2026-01-08', 'over the turn of the year');
  });

  it('give the earliest day in time as the one whose deadline is today or later', () => {
    const first = dayNumber('2024-01-20');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 30 }), (offset, count) => {
        const today = dayOf(first + offset);
        const earliest = days.earliestInTime(today, count);
        assert.ok(days.deadline(earliest, count) >= today);
        assert.ok(days.deadline(dayOf(dayNumber(earliest) - 1), count) < today);
      }),
    );
  });
});

describe('the check of the calendars', () => {
  it('misses the year of the day in Asia/Shanghai, and from December on the next one', () => {
    const missing = (year: number, at: string): number =>
      calendarsAt(without(year), new Date(at)).problems.length;
    assert.equal(missing(2026, '2026-06-30T04:00:00Z'), 1);
    assert.equal(missing(2027, '2026-11-30T15:59:59Z'), 0, 'the last second of November');
    assert.equal(missing(2027, '2026-11-30T16:00:00Z'), 1, 'midnight in Shanghai');
    assert.equal(missing(2026, '2026-12-31T15:59:59Z'), 1, 'the last second of the year');
    assert.equal(missing(2026, '2026-12-31T16:00:00Z'), 0, 'midnight in Shanghai');
    assert.equal(missing(2027, '2026-12-31T16:00:00Z'), 1);
    assert.equal(missing(2020, '2026-06-30T04:00:00Z'), 0);
  });

  it('tells of a provisional year without failing', () => {
    const { problems, notices } = calendarsAt(configuration, new Date('2026-12-31T15:59:59Z'));
    assert.deepEqual(problems, []);
    assert.match(notices.join(), /2027\.yaml is provisional/);
  });

  it('finds days that are none, of another year, or both free and worked, and fields that cannot be measured', () => {
    const calendar = {
      year: 2026,
      source: 'x',
      holidays: [{ name: 'x', from: '2026-02-01', to: '2026-02-30' }],
    };
    const calendars = [{ ...calendar, workingDays: ['2026-02-02', '2025-01-01'] }];
    const catalogue = configuration.catalogue.map((entry) => ({
      ...entry,
      timeliness: { from: 'authority', workingDays: 7 },
    }));
    const said = calendarProblems({ ...configuration, calendars, catalogue }, definitions).join('\n');
    for (const words of [
      '2026-02-30 is no day',
      '2025-01-01 is not a day of 2026',
      'both a holiday',
      'is no date',
    ])
      assert.ok(said.includes(words), words);
  });
});
