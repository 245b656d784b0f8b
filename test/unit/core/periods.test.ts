import assert from 'node:assert/strict';
import { addMonths, periodOf, type PeriodRules } from '../../../src/core/periods.js';
import { loadSite } from '../../../src/app/site.js';

describe('months after a day', () => {
  const cases: [string, number, string, string][] = [
    ['2026-05-10', 3, '2026-08-10', 'the same day of a later month'],
    ['2026-01-31', 1, '2026-02-28', 'the last day of a shorter month'],
    ['2028-01-31', 1, '2028-02-29', 'the leap day'],
    ['2028-02-29', 12, '2029-02-28', 'a leap day a year on'],
    ['2028-02-29', 48, '2032-02-29', 'a leap day four years on'],
    ['2099-11-30', 3, '2100-02-28', 'no leap day in a century that has none'],
    ['2026-02-28', 1, '2026-03-28', 'a last day that does not stay one'],
    ['2026-10-31', 3, '2027-01-31', 'over the end of a year'],
    ['2026-12-31', 2, '2027-02-28', 'over the end of a year into a shorter month'],
    ['2026-12-31', 0, '2026-12-31', 'no month at all'],
    ['2026-12-31', 36, '2029-12-31', 'three years'],
  ];
  for (const [day, months, expected, what] of cases)
    it(`reach ${what}: ${day} + ${months}`, () => assert.equal(addMonths(day, months), expected));
});

describe('the period of a decision', () => {
  const rules: PeriodRules[] = loadSite('config').configuration.periods as PeriodRules[];
  const of = (severityClass: string, from: string): ReturnType<typeof periodOf> =>
    periodOf({ severityClass, from }, rules);

  it('is that of Order 36 from 2026-04-01 on', () => {
    assert.deepEqual(of('轻微', '2026-04-01'), {
      earliestEnd: '2026-04-01',
      latestEnd: '2026-07-01',
      isPublished: false,
    });
    assert.deepEqual(of('一般', '2026-04-01'), {
      earliestEnd: '2026-07-01',
      latestEnd: '2027-04-01',
      isPublished: true,
    });
    assert.deepEqual(of('严重', '2026-04-01'), {
      earliestEnd: '2027-04-01',
      latestEnd: '2029-04-01',
      isPublished: true,
    });
  });

  it('is that of the trial rules up to the day before, whatever is in force today', () => {
    assert.equal(of('一般', '2026-03-31')?.latestEnd, '2029-03-31');
    assert.equal(of('一般', '2023-05-01')?.latestEnd, '2026-05-01');
  });

  it('is not known for decisions before the first rules, nor for a class they do not name', () => {
    assert.equal(of('一般', '2023-04-30'), undefined);
    assert.equal(of('较重', '2026-05-01'), undefined);
  });

  it('is marked as unverified where nobody has held it against the legal text', () => {
    assert.deepEqual(
      rules.map(({ from, source }) => [from, source.verified]),
      [
        ['2023-05-01', false],
        ['2026-04-01', true],
      ],
    );
  });
});
