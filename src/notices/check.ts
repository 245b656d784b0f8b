// Stage 1: a notice as it came in; out: a notice that may go on, or every reason why it may not. A measure
// needs the list, a ground, a decision and an end; a natural person is never graded.
import { checkCitizenId } from '../core/citizen-id.js';
import type { Measure } from '../core/configuration.js';
import { fitsIdentityDocument } from '../core/identity-document.js';
import type { Notice, Reason } from './notice.js';
import { reason, type ReasonCode } from './reasons.js';
import { compileSchemaCheck, isRealDay } from './schema-check.js';

export interface Incoming {
  readonly raw: unknown;
  /** Id of the event of the city's feed; null where the city pushed. */
  readonly eventId: string | null;
  /** Set where the event is of a kind that cannot be acted on. */
  readonly isUnsupported?: boolean;
}

export type Checked = Incoming &
  (
    | { readonly notice: Notice; readonly reasons: readonly [] }
    | { readonly notice: undefined; readonly reasons: readonly Reason[] }
  );

/** Checks a notice; `today` is the day in Asia/Shanghai, `YYYY-MM-DD`. */
export type NoticeCheck = (incoming: Incoming, today: string) => Checked;

const PERSON = '自然人';
const CITIZEN_ID = '身份证';
const GRADING = /^(grade|score|rating|evaluation|等级|评分|评价)/i;
const CODES = [
  'creditCode',
  'registrationNumber',
  'organisationCode',
  'taxNumber',
  'publicInstitutionNumber',
  'socialOrganisationNumber',
] as const;

/** What may stand anywhere while it is being checked. */
type Fields = Readonly<Record<string, unknown>>;

/** Compiles the check of notices against the permitted measures. */
export function compileNoticeCheck(measures: readonly Measure[]): NoticeCheck {
  const checkSchema = compileSchemaCheck('notice');
  const permitted = new Set(measures.map((measure) => measure.id));
  return (incoming, today) => {
    const { raw } = incoming;
    const reasons = checkSchema(raw, today);
    const isReadable = !reasons.some(({ path, code }) => path === '' && code !== 'notice.field-unknown');
    if (isReadable) {
      const found = faults(raw as Fields, { permitted, today });
      reasons.push(...found.map(([code, path]) => reason(code, path, today)));
    }
    if (incoming.isUnsupported === true) reasons.push(reason('notice.event-not-supported', '', today));
    return reasons.length === 0
      ? { ...incoming, notice: raw as Notice, reasons: [] }
      : { ...incoming, notice: undefined, reasons };
  };
}

type Fault = readonly [ReasonCode, string];

function faults(notice: Fields, rules: { permitted: ReadonlySet<string>; today: string }): Fault[] {
  const { measure } = notice;
  return [
    ...(typeof measure === 'string' && !rules.permitted.has(measure)
      ? ([['notice.measure-not-permitted', '/measure']] as const)
      : []),
    ...dateFaults(notice, rules.today),
    ...subjectFaults(asObject(notice.subject), rules.today),
    ...gradeFaults(notice),
  ];
}

function dateFaults(notice: Fields, today: string): Fault[] {
  const period = asObject(notice.period);
  const decision = asObject(notice.decision);
  const found: Fault[] = [];
  if (isDay(period.from) && isDay(period.to) && period.to < period.from)
    found.push(['notice.period-reversed', '/period/to']);
  else if (isDay(period.to) && period.to < today) found.push(['notice.period-over', '/period/to']);
  if (isDay(decision.date) && decision.date > today)
    found.push(['notice.decision-in-future', '/decision/date']);
  return found;
}

function subjectFaults(subject: Fields, today: string): Fault[] {
  if (subject.kind === undefined) return [];
  if (subject.kind !== PERSON)
    return CODES.some((code) => subject[code] !== undefined)
      ? []
      : [['notice.subject-code-missing', '/subject']];
  if (typeof subject.idNumber !== 'string') return [['notice.subject-code-missing', '/subject/idNumber']];
  const type = subject.idType ?? CITIZEN_ID;
  const number = subject.idNumber.toUpperCase();
  const fits =
    type === CITIZEN_ID
      ? checkCitizenId(number, today) === 'valid'
      : typeof type === 'string' && fitsIdentityDocument(type, number);
  return fits ? [] : [['notice.id-number-invalid', '/subject/idNumber']];
}

function gradeFaults(notice: Fields): Fault[] {
  const subject = asObject(notice.subject);
  if (subject.kind !== PERSON) return [];
  const grading = (value: object, at: string): Fault[] =>
    Object.keys(value)
      .filter((key) => GRADING.test(key))
      .map((key) => ['notice.grade-of-person', `${at}/${key}`]);
  return [...grading(notice, ''), ...grading(subject, '/subject')];
}

function asObject(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function isDay(value: unknown): value is string {
  return typeof value === 'string' && isRealDay(value);
}
