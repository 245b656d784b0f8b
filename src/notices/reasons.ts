// Why a notice or an answer to one is refused: one table of codes with a Chinese and an English message.
import { maskPersonalNumbersIn } from '../core/mask.js';
import type { Reason } from './notice.js';

const REASONS = {
  'notice.not-an-object': ['It is not a JSON object', '内容不是JSON对象'],
  'notice.too-large': ['It is larger than 64 KiB', '内容超过64 KiB'],
  'notice.event-not-supported': ['This kind of event is not supported', '不支持该类事件'],
  'notice.field-missing': ['This field is missing', '缺少该字段'],
  'notice.field-unknown': ['This field is not known', '字段未定义'],
  'notice.field-invalid': ['The value of this field is not valid', '字段值无效'],
  'notice.control-characters': ['This text holds control characters', '文本含有非法字符'],
  'notice.measure-missing': ['It names no measure', '未指明惩戒措施'],
  'notice.measure-not-permitted': [
    'This measure is not in the list of permitted measures',
    '该措施不在允许的惩戒措施清单内',
  ],
  'notice.legal-basis-missing': ['It names no legal basis', '未列明法律、法规依据'],
  'notice.decision-missing': [
    'It lacks the decision: document number, authority and date',
    '缺少决定文书号、决定机关或决定日期',
  ],
  'notice.decision-in-future': ['The decision lies in the future', '决定日期不能晚于当前日期'],
  'notice.period-missing': ['It does not say from when to when it holds', '缺少惩戒起止日期'],
  'notice.period-reversed': ['The period ends before it begins', '截止日期不能早于开始日期'],
  'notice.period-over': ['The period is over already', '惩戒期限已届满'],
  'notice.subject-code-missing': [
    'The subject has no code by which it could be known',
    '主体缺少可识别的代码或证件号码',
  ],
  'notice.id-number-invalid': [
    'The ID number does not fit the kind of identity document',
    '证件号码与证件类型不符',
  ],
  'notice.grade-of-person': [
    'A natural person is not graded: evaluations are of enterprises only',
    '不接收对自然人的评价等级',
  ],
  'notice.id-reused': ['Another notice with this id was received before', '该通知编号已用于内容不同的通知'],
} as const satisfies Record<string, readonly [string, string]>;

export type ReasonCode = keyof typeof REASONS;

/** Builds a reason; personal numbers in the path are masked. `today` is `YYYY-MM-DD`. */
export function reason(code: ReasonCode, path: string, today: string): Reason {
  const [message, messageZh] = REASONS[code];
  return { code, path: maskPersonalNumbersIn(path, today).slice(0, 200), message, messageZh };
}
