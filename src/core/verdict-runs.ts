// The verdicts of rows in run-length form: `2-10001n,10003r` says that rows 2 to 10001 are new and row
// 10003 is rejected. Blank rows are gaps; a chunk of rows that fared alike takes some bytes.
import { VERDICTS, type Verdict } from './words.js';

export interface VerdictRun {
  readonly from: number;
  readonly to: number;
  readonly verdict: Verdict;
}

const LETTERS: Readonly<Record<Verdict, string>> = {
  new: 'n',
  amended: 'a',
  unchanged: 'u',
  duplicate: 'd',
  stale: 's',
  withdrawn: 'w',
  rejected: 'r',
};
const BY_LETTER = new Map(VERDICTS.map((verdict) => [LETTERS[verdict], verdict]));
const FIRST_RUNS = 256;
const RUN = /(\d+)(?:-(\d+))?([a-z])/g;

/** Writes the verdicts of rows that come in ascending order. */
export function encodeVerdicts(rows: readonly { readonly row: number; readonly verdict: Verdict }[]): string {
  const runs: string[] = [];
  let start = 0;
  for (let i = 1; i <= rows.length; i += 1) {
    const last = rows[i - 1];
    const next = rows[i];
    const first = rows[start];
    if (last === undefined || first === undefined) break;
    if (next?.verdict === last.verdict && next.row === last.row + 1) continue;
    const span = first.row === last.row ? String(first.row) : `${first.row}-${last.row}`;
    runs.push(`${span}${LETTERS[last.verdict]}`);
    start = i;
  }
  return runs.join(',');
}

/** Reads the runs again, in their order. */
export function* decodeVerdicts(text: string): Generator<VerdictRun> {
  for (const [, from = '', to = from, letter = ''] of text.matchAll(RUN)) {
    const verdict = BY_LETTER.get(letter);
    if (verdict !== undefined) yield { from: Number(from), to: Number(to), verdict };
  }
}

/** Makes a look-up over all chunks of a batch, in their order: 9 bytes a run, however many rows it has. */
export function verdictLookup(texts: Iterable<string>): (row: number) => Verdict | undefined {
  let ends = new Uint32Array(FIRST_RUNS * 2);
  let verdicts = new Uint8Array(FIRST_RUNS);
  let count = 0;
  for (const text of texts)
    for (const { from, to, verdict } of decodeVerdicts(text)) {
      if (count === verdicts.length) {
        ends = grown(ends, new Uint32Array(count * 4));
        verdicts = grown(verdicts, new Uint8Array(count * 2));
      }
      ends[count * 2] = from;
      ends[count * 2 + 1] = to;
      verdicts[count] = VERDICTS.indexOf(verdict);
      count += 1;
    }
  return (row) => {
    let low = 0;
    let high = count - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (row < (ends[middle * 2] as number)) high = middle - 1;
      else if (row > (ends[middle * 2 + 1] as number)) low = middle + 1;
      else return VERDICTS[verdicts[middle] as number];
    }
    return undefined;
  };
}

function grown<T extends Uint8Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
