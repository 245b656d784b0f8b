// Stage 2: a checked notice; out: what may be stored of it. Personal numbers are masked wherever they
// stand, the whole original is sealed where any was; of a person only the keyed index is left to find it by.
import { NATURAL_PERSON } from '../core/definitions.js';
import { ANY_DAY, holdsPersonalNumber, maskPersonalNumber, maskPersonalNumbersIn } from '../core/mask.js';
import { subjectByCode, subjectByIdNumber } from '../core/subject.js';
import type { Sealer } from '../platform/sealing.js';
import type { Checked } from './check.js';
import type { NoticeSubject, Reason } from './notice.js';
import { isTooLarge } from './schema-check.js';

export interface Concealed {
  readonly id: string;
  readonly eventId: string | null;
  readonly reasons: readonly Reason[];
  /** Empty where the notice is refused. */
  readonly subject: string;
  readonly measure: string;
  readonly masked: unknown;
  readonly sealed: Buffer | null;
}

const NOTICE_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;
const MAX_DEPTH = 8;
/** Numbers of 15 digits and more may be an ID number that was written without quotes. */
const LONG_NUMBER = 1e14;
const UNSTORABLE = /\u0000|\p{Surrogate}/gu;

/** Masks, seals and names the subject of a notice; `today` is `YYYY-MM-DD`. */
export function conceal(checked: Checked, deps: { sealer: Sealer; today: string }): Concealed {
  const { sealer, today } = deps;
  const tooLarge = isTooLarge(checked.raw);
  const original = tooLarge ? '' : JSON.stringify(checked.raw);
  const masked = tooLarge ? null : maskDeep(checked.raw, { today, isNumber: false, depth: 0 });
  const { notice } = checked;
  return {
    id: notice?.noticeId ?? refusedId(checked, original, sealer),
    eventId: checked.eventId,
    reasons: checked.reasons,
    subject: notice === undefined ? '' : subjectOf(notice.subject, (value) => sealer.index(value)),
    measure: notice?.measure ?? '',
    masked,
    sealed: JSON.stringify(masked) === original || tooLarge ? null : sealer.seal(original),
  };
}

/** Names the subject of a notice as records are named, so that they meet. */
export function subjectOf(subject: NoticeSubject, index: (value: string) => string): string {
  return subject.kind === NATURAL_PERSON
    ? subjectByIdNumber(subject.idNumber ?? '', index)
    : subjectByCode(subject, index);
}

/** A refused notice keeps its id where it has a usable one, so that its correction is known as such. */
function refusedId(checked: Checked, original: string, sealer: Sealer): string {
  const id = (checked.raw as { noticeId?: unknown } | null)?.noticeId;
  const isUsable = typeof id === 'string' && NOTICE_ID.test(id) && !holdsPersonalNumber(id, ANY_DAY);
  if (isUsable && checked.isUnsupported !== true) return id;
  return `refused:${sealer.index(`${checked.eventId ?? ''}\n${original}`)}`;
}

interface Place {
  readonly today: string;
  /** Below a field that holds personal numbers. */
  readonly isNumber: boolean;
  readonly depth: number;
}

function maskDeep(value: unknown, place: Place): unknown {
  if (typeof value === 'string') return maskText(value, place);
  if (typeof value === 'number')
    return place.isNumber || Math.abs(value) >= LONG_NUMBER ? maskPersonalNumber(String(value)) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (place.depth >= MAX_DEPTH) return '…';
  const below = { ...place, depth: place.depth + 1 };
  if (Array.isArray(value)) return value.map((part) => maskDeep(part, below));
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      maskText(key, { ...place, isNumber: false }),
      maskDeep(part, { ...below, isNumber: place.isNumber || key === 'idNumber' }),
    ]),
  );
}

function maskText(text: string, place: Place): string {
  const storable = text.replace(UNSTORABLE, '\uFFFD');
  return place.isNumber ? maskPersonalNumber(storable) : maskPersonalNumbersIn(storable, place.today);
}
