import assert from 'node:assert/strict';
import {
  CONDITIONS,
  describeCondition,
  severityOf,
  type ConditionCode,
} from '../../../src/core/conditions.js';

describe('a condition', () => {
  it('is told in both languages with its facts filled in', () => {
    const since = new Date('2026-06-30T04:00:00Z');
    const told = describeCondition({ code: 'batch.stuck', subject: 'b', since, facts: { source: 's' } });
    assert.equal(told.message, 'A batch of s has not moved since 2026-06-30T04:00:00.000Z.');
    assert.equal(told.messageZh, '来源s的批次自2026-06-30T04:00:00.000Z起无进展。');
    assert.match(describeCondition({ code: 'source.paused', subject: 'x' }).todo, /sources\/x\/resume/);
  });

  it('has the severity of its kind, unless its case is another', () => {
    assert.equal(severityOf({ code: 'calendar.missing', subject: '2027' }), 'error');
    assert.equal(severityOf({ code: 'calendar.missing', subject: '2027', severity: 'info' }), 'info');
  });

  for (const code of Object.keys(CONDITIONS) as ConditionCode[])
    it(`${code} says in Chinese what it says in English`, () => {
      const { says, todo } = CONDITIONS[code];
      for (const [english, chinese] of [says, todo]) {
        assert.match(chinese, /\p{Script=Han}/u);
        assert.doesNotMatch(english, /\p{Script=Han}/u);
      }
      const facts = (text: string): string[] =>
        [...new Set([...text.matchAll(/\{\w+\}/g)].map(([fact]) => fact))].sort();
      assert.deepEqual(facts(says[1]), facts(says[0]));
    });
});
