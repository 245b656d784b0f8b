import assert from 'node:assert/strict';
import { compileNoticeCheck } from '../../../src/notices/check.js';
import { conceal, subjectOf } from '../../../src/notices/conceal.js';
import { createSealer } from '../../../src/platform/sealing.js';
import { ID_NUMBER, MEASURES, TODAY, organisationNotice, personNotice } from './sample-notice.js';

const sealer = createSealer({ id: '00000001', encryption: Buffer.alloc(32, 1), index: Buffer.alloc(32, 2) });
const check = compileNoticeCheck(MEASURES);
const concealed = (raw: unknown, eventId: string | null = 'e-1') =>
  conceal(check({ raw, eventId }, TODAY), { sealer, today: TODAY });

describe('concealing a notice', () => {
  it('leaves a notice without personal numbers as it is, and seals nothing', () => {
    const result = concealed(organisationNotice());
    assert.deepEqual(result.masked, organisationNotice());
    assert.equal(result.sealed, null);
    assert.equal(result.subject, '911000001000013428');
  });

  it('masks the ID number in its field and in texts, and seals the original', () => {
    const result = concealed(personNotice());
    assert.ok(!JSON.stringify(result).includes(ID_NUMBER));
    assert.equal(result.subject, `ID:${sealer.index(ID_NUMBER)}`);
    assert.ok(result.sealed);
    assert.deepEqual(JSON.parse(sealer.open(result.sealed).toString()), personNotice());
  });

  it('masks what a refused notice holds, wherever it stands', () => {
    const raw = {
      noticeId: ID_NUMBER,
      idNumber: ['X1234567'],
      [ID_NUMBER]: { deep: [ID_NUMBER, 110105194912310020] },
      subject: { idNumber: 'wrong-but-secret' },
      nul: 'a\u0000b\ud800',
    };
    const result = concealed(raw);
    const shown = JSON.stringify([result.id, result.masked, result.reasons]);
    for (const secret of [
      ID_NUMBER,
      'X1234567',
      '11010519491231002',
      'wrong-but-secret',
      '\\u0000',
      '\\ud800',
    ])
      assert.ok(!shown.includes(secret), secret);
    assert.match(result.id, /^refused:[0-9a-f]{32}$/);
  });

  it('keeps the usable id of a refused notice, and finds the same stand-in twice for one without', () => {
    assert.equal(concealed(organisationNotice({ measure: 'no-such' })).id, 'TJ-2026-0001');
    assert.equal(concealed({ a: 1 }).id, concealed({ a: 1 }).id);
    assert.notEqual(concealed({ a: 1 }).id, concealed({ a: 1 }, 'e-2').id);
  });

  it('gives up the content of what is too large', () => {
    const result = concealed(organisationNotice({ text: ID_NUMBER.repeat(5000) }));
    assert.equal(result.masked, null);
    assert.equal(result.sealed, null);
  });

  it('names a subject by its first code, and by the same index for a number in lower case', () => {
    const index = (value: string) => `<${value}>`;
    const base = { name: '某', kind: '个体工商户' } as const;
    assert.equal(subjectOf({ ...base, registrationNumber: '120116000000001' }, index), 'GS:120116000000001');
    assert.equal(
      subjectOf({ ...base, organisationCode: 'M000100Y4', taxNumber: '1' }, index),
      'ZZ:M000100Y4',
    );
    assert.equal(
      subjectOf({ name: '张', kind: '自然人', idNumber: ID_NUMBER.toLowerCase() }, index),
      `ID:<${ID_NUMBER}>`,
    );
  });
});
