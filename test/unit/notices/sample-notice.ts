// A notice that nothing is wrong with on 2026-06-30, for an organisation and for a person.
import type { Notice } from '../../../src/notices/notice.js';

export const TODAY = '2026-06-30';
export const MEASURES = [
  { id: 'restrict-honours', titleZh: '限制参加评先评优', title: 'Honours', legalBasis: '清单' },
  { id: 'key-supervision', titleZh: '纳入重点监管范围', title: 'Supervision', legalBasis: '清单' },
];
/** Synthetic, standards.md: check character and birth date are right. */
export const ID_NUMBER = '11010519491231002X';

export function organisationNotice(changes: Partial<Record<keyof Notice, unknown>> = {}): Notice {
  return {
    noticeId: 'TJ-2026-0001',
    subject: { name: '天津滨海示例有限公司', kind: '法人及非法人组织', creditCode: '911000001000013428' },
    measure: 'restrict-honours',
    legalBasis: '《天津市社会信用条例》第三十条',
    decision: {
      documentNumber: '津信惩〔2026〕1号',
      authority: '天津市发展和改革委员会',
      date: '2026-06-01',
    },
    period: { from: '2026-06-10', to: '2027-06-09' },
    text: '请在评先评优中予以限制。',
    respondBy: '2026-07-31',
    ...changes,
  } as Notice;
}

export function personNotice(changes: Partial<Record<keyof Notice, unknown>> = {}): Notice {
  return organisationNotice({
    noticeId: 'TJ-2026-0002',
    subject: { name: '张三', kind: '自然人', idNumber: ID_NUMBER },
    text: `请对张三（${ID_NUMBER}）予以限制。`,
    ...changes,
  });
}
