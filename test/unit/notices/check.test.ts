import assert from 'node:assert/strict';
import { compileNoticeCheck, type Incoming } from '../../../src/notices/check.js';
import { MEASURES, TODAY, organisationNotice, personNotice } from './sample-notice.js';

const check = compileNoticeCheck(MEASURES);

function codes(raw: unknown, extra: Partial<Incoming> = {}): string[] {
  return check({ raw, eventId: null, ...extra }, TODAY).reasons.map((each) =>
    `${each.code} ${each.path}`.trim(),
  );
}

function without(field: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(organisationNotice()).filter(([key]) => key !== field));
}

describe('the check of a notice', () => {
  it('lets a notice pass that has all it needs', () => {
    assert.deepEqual(codes(organisationNotice()), []);
    assert.deepEqual(codes(personNotice()), []);
  });

  it('refuses a measure that is not in the list', () => {
    assert.deepEqual(codes(organisationNotice({ measure: 'public-shaming' })), [
      'notice.measure-not-permitted /measure',
    ]);
  });

  it('refuses a notice without measure, ground, decision or period', () => {
    assert.deepEqual(codes(without('measure')), ['notice.measure-missing /measure']);
    assert.deepEqual(codes(without('legalBasis')), ['notice.legal-basis-missing /legalBasis']);
    assert.deepEqual(codes(without('decision')), ['notice.decision-missing /decision']);
    assert.deepEqual(codes(without('period')), ['notice.period-missing /period']);
  });

  it('names each missing part of the decision', () => {
    assert.deepEqual(codes(organisationNotice({ decision: {} })), [
      'notice.decision-missing /decision/documentNumber',
      'notice.decision-missing /decision/authority',
      'notice.decision-missing /decision/date',
    ]);
  });

  it('refuses a ground that is blank', () => {
    assert.deepEqual(codes(organisationNotice({ legalBasis: '  ' })), ['notice.field-invalid /legalBasis']);
  });

  it('refuses a period that ends before it begins, or has ended already', () => {
    assert.deepEqual(codes(organisationNotice({ period: { from: '2027-01-02', to: '2027-01-01' } })), [
      'notice.period-reversed /period/to',
    ]);
    assert.deepEqual(codes(organisationNotice({ period: { from: '2026-01-01', to: '2026-06-29' } })), [
      'notice.period-over /period/to',
    ]);
  });

  it('takes a period that ends today', () => {
    assert.deepEqual(codes(organisationNotice({ period: { from: '2026-06-30', to: '2026-06-30' } })), []);
  });

  it('refuses a day that does not exist', () => {
    assert.deepEqual(codes(organisationNotice({ respondBy: '2026-02-30' })), [
      'notice.field-invalid /respondBy',
    ]);
  });

  it('refuses a decision of tomorrow', () => {
    const decision = { documentNumber: '1号', authority: '机关', date: '2026-07-01' };
    assert.deepEqual(codes(organisationNotice({ decision })), ['notice.decision-in-future /decision/date']);
  });

  it('refuses a subject that cannot be known', () => {
    const name = '某公司';
    assert.deepEqual(codes(organisationNotice({ subject: { name, kind: '个体工商户' } })), [
      'notice.subject-code-missing /subject',
    ]);
    assert.deepEqual(codes(personNotice({ subject: { name, kind: '自然人' } })), [
      'notice.subject-code-missing /subject/idNumber',
    ]);
  });

  it('refuses a credit code and an ID number with a wrong check character', () => {
    const organisation = { name: '某公司', kind: '法人及非法人组织', creditCode: '911000001000013429' };
    const person = { name: '张三', kind: '自然人', idNumber: '110105194912310021' };
    assert.deepEqual(codes(organisationNotice({ subject: organisation })), [
      'notice.field-invalid /subject/creditCode',
    ]);
    assert.deepEqual(codes(personNotice({ subject: person })), [
      'notice.id-number-invalid /subject/idNumber',
    ]);
  });

  it('passes the grade of an enterprise and refuses that of a natural person', () => {
    const evaluation = { grade: '差', authority: '国家公共信用信息中心', date: '2026-05-01' };
    assert.deepEqual(codes(organisationNotice({ evaluation })), []);
    assert.deepEqual(codes(personNotice({ evaluation })), ['notice.grade-of-person /evaluation']);
    const scored = codes({ ...personNotice(), score: 350 });
    assert.ok(scored.includes('notice.grade-of-person /score'));
  });

  it('gives all reasons at once, in both languages', () => {
    const raw = { ...organisationNotice({ measure: 'x-y', legalBasis: '' }), colour: 'red' };
    const { reasons } = check({ raw, eventId: null }, TODAY);
    assert.deepEqual(
      new Set(reasons.map((each) => each.code)),
      new Set(['notice.field-unknown', 'notice.field-invalid', 'notice.measure-not-permitted']),
    );
    assert.ok(reasons.every((each) => each.message !== '' && /\p{Script=Han}/u.test(each.messageZh)));
  });

  it('refuses what is no object, too large, nested without end or of another kind', () => {
    assert.deepEqual(codes(null), ['notice.not-an-object']);
    assert.deepEqual(codes([1]), ['notice.not-an-object']);
    assert.deepEqual(codes(organisationNotice({ text: 'x'.repeat(70_000) })), ['notice.too-large']);
    const deep = JSON.parse(`{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`) as unknown;
    assert.ok(codes(deep).length > 0);
    assert.deepEqual(codes(organisationNotice(), { isUnsupported: true }), ['notice.event-not-supported']);
  });

  it('refuses texts that cannot be stored', () => {
    assert.deepEqual(codes(organisationNotice({ text: 'a\u0000b' })), ['notice.control-characters /text']);
    assert.deepEqual(codes(organisationNotice({ text: 'a\ud800b' })), ['notice.control-characters /text']);
    assert.deepEqual(codes(organisationNotice({ text: '一\n二\t三' })), []);
  });

  it('bounds the reasons of a hostile notice', () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${i}`, 1]));
    assert.ok(codes({ ...organisationNotice(), ...many }).length <= 50);
  });

  it('shows no ID number in the path of a reason', () => {
    const { reasons } = check({ raw: { '11010519491231002X': 1 }, eventId: null }, TODAY);
    assert.ok(!JSON.stringify(reasons).includes('11010519491231002X'));
  });
});
