import assert from 'node:assert/strict';
import path from 'node:path';
import { loadSite } from '../../../src/app/site.js';
import type { Configuration } from '../../../src/core/configuration.js';
import { crossCheck } from '../../../src/platform/cross-check.js';
import { projectRoot } from '../../../src/platform/project-root.js';

const { configuration, definitions } = loadSite(path.join(projectRoot, 'config'));

describe('the check of periods and schedules', () => {
  const problemsOf = (change: Partial<Configuration>): string[] =>
    crossCheck({ ...configuration, ...change }, definitions);
  const withPeriods = (periods: NonNullable<Configuration['catalogue'][number]['periods']>): string[] =>
    problemsOf({
      catalogue: configuration.catalogue.map((entry) => ({ ...entry, periods })).slice(0, 1),
    }).filter((problem) => problem.startsWith('catalogue.yaml'));

  it('finds nothing wrong with the sample district', () => assert.deepEqual(problemsOf({}), []));

  it('wants fields that are there and hold what is expected of them', () => {
    assert.deepEqual(withPeriods({ class: 'severityClass', from: 'decisionDate', end: 'publicityEnd' }), []);
    assert.deepEqual(withPeriods({ end: 'publicityEnd' }), []);
    assert.deepEqual(withPeriods({ class: 'severityClass', from: 'decisionDate' }), [
      'catalogue.yaml, administrative-penalty: its records state publicityEnd, but its periods name no end',
    ]);
    assert.deepEqual(withPeriods({ class: 'remarks', from: 'nowhere', end: 'authority' }), [
      'catalogue.yaml, administrative-penalty: its periods need a date, which nowhere is not',
      'catalogue.yaml, administrative-penalty: its periods need a date, which authority is not',
      'catalogue.yaml, administrative-penalty: its periods need a class from a code list, which remarks is not',
    ]);
  });

  it('wants a period for every class, and every minimum within its maximum', () => {
    const [first] = configuration.periods;
    assert.ok(first);
    const 轻微 = { publicityMinMonths: 4, publicityMaxMonths: 3, isPublished: true, repairAfterMonths: 0 };
    const { 一般, 严重 } = first.classes;
    assert.ok(一般 && 严重);
    assert.deepEqual(problemsOf({ periods: [{ ...first, classes: { 轻微, 一般, 严重 } }] }), [
      'periods.yaml, 2023-05-01: the minimum of 轻微 is longer than its maximum',
    ]);
    assert.deepEqual(problemsOf({ periods: [{ ...first, classes: { 轻微: 一般, 一般 } }] }), [
      'catalogue.yaml, administrative-penalty: the rules of 2023-05-01 in periods.yaml say nothing of 严重',
    ]);
  });

  it('wants rules in the order of their days, and real days', () => {
    const [older, newer] = configuration.periods;
    assert.ok(older && newer);
    assert.deepEqual(problemsOf({ periods: [newer, older] }), [
      'periods.yaml: 2023-05-01 does not come after the day before it',
    ]);
    assert.deepEqual(problemsOf({ periods: [{ ...newer, from: '2026-02-30' }] }), [
      'periods.yaml: there is no day 2026-02-30',
    ]);
  });

  it('wants six fields in every schedule', () => {
    const { schedules } = configuration;
    assert.deepEqual(problemsOf({ schedules: { ...schedules, endings: '0 0 * * *' } }), [
      'schedules.yaml: endings must have six fields, seconds first',
    ]);
  });
});
