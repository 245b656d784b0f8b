// Moments as services write them: ISO 8601, the local forms of Chinese platforms (Asia/Shanghai), seconds or
// milliseconds since 1970. A moment keeps the form in which it came, for the service reads the one it writes.

export interface Moment {
  /** Milliseconds since 1970. */
  readonly ms: number;
  /** Writes another moment in the same form; what the form has no place for is cut off. */
  write(ms: number): string;
}

interface Form {
  readonly dateMark: string;
  /** What stands between date and time; undefined where there is a date alone. */
  readonly between: string | undefined;
  readonly timeMark: string;
  readonly hasSeconds: boolean;
  readonly fractionMark: string;
  readonly fractionDigits: number;
  /** As written: `Z`, `+08:00`, or '' for local time. */
  readonly zone: string;
}

const SHANGHAI = '+08:00';
const SECONDS = /^\d{10}$/;
const MILLISECONDS = /^\d{13}$/;
const WRITTEN =
  /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:([T ])(\d{1,2}):(\d{2})(?::(\d{2})(?:([.,])(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;
const COMPACT = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})(\d{3})?)?$/;

/** Reads a moment; undefined where the text is none. */
export function readMoment(text: string): Moment | undefined {
  const plain = text.trim();
  if (MILLISECONDS.test(plain)) return { ms: Number(plain), write: String };
  if (SECONDS.test(plain)) return { ms: Number(plain) * 1000, write: (ms) => String(Math.floor(ms / 1000)) };
  const written = WRITTEN.exec(plain);
  if (written !== null) return readWritten(written);
  const compact = COMPACT.exec(plain);
  return compact === null ? undefined : readCompact(compact);
}

function readWritten(found: RegExpExecArray): Moment | undefined {
  const [
    ,
    year,
    dateMark = '',
    month,
    day,
    between,
    hour,
    minute,
    second,
    fractionMark = '',
    fraction,
    zone,
  ] = found;
  return momentOf([year, month, day, hour, minute, second, fraction], {
    dateMark,
    between,
    timeMark: ':',
    hasSeconds: second !== undefined,
    fractionMark,
    fractionDigits: fraction?.length ?? 0,
    zone: zone ?? '',
  });
}

function readCompact([, ...parts]: RegExpExecArray): Moment | undefined {
  const [, , , hour, , , fraction] = parts;
  return momentOf(parts, {
    dateMark: '',
    between: hour === undefined ? undefined : '',
    timeMark: '',
    hasSeconds: true,
    fractionMark: '',
    fractionDigits: fraction?.length ?? 0,
    zone: '',
  });
}

function momentOf(parts: readonly (string | undefined)[], form: Form): Moment | undefined {
  const [year = '', month = '', day = '', hour = '0', minute = '0', second = '0', fraction = '0'] = parts;
  const time = [hour, minute, second].map(twoDigits).join(':');
  const local = `${year}-${twoDigits(month)}-${twoDigits(day)}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
  const localMs = Date.parse(local);
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(localMs) || new Date(localMs).toISOString() !== local) return undefined;
  const offset = offsetOf(form.zone);
  return { ms: localMs - offset, write: (ms) => writeAs(form, ms + offset) };
}

function twoDigits(part: string): string {
  return part.padStart(2, '0');
}

function offsetOf(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone === '' ? SHANGHAI : zone) ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function writeAs(form: Form, localMs: number): string {
  const iso = new Date(localMs).toISOString();
  const date = iso.slice(0, 10).replaceAll('-', form.dateMark);
  if (form.between === undefined) return date;
  const time = iso.slice(11, form.hasSeconds ? 19 : 16).replaceAll(':', form.timeMark);
  const fraction = iso.slice(20, 23).padEnd(form.fractionDigits, '0').slice(0, form.fractionDigits);
  return `${date}${form.between}${time}${form.fractionMark}${fraction}${form.zone}`;
}
