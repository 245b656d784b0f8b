// What became of each row of a batch: its key as it was delivered, its verdict, and its problems in one line.
import type { Readable } from 'node:stream';
import { holdsProvenNumber } from '../../core/mask.js';
import { verdictLookup } from '../../core/verdict-runs.js';
import { readVerdicts } from '../../db/chunks.js';
import type { Database } from '../../db/pool.js';
import { readProblems, type ProblemView } from '../../db/problems.js';
import { decodeText } from '../decode.js';
import type { FeedbackRow } from './feedback-table.js';

export interface FeedbackRange {
  readonly batchId: string;
  /** The first row wanted. */
  readonly from: number;
  readonly keyNames: readonly string[];
}

const PROBLEMS_AT_ONCE = 5000;
/** Behind every problem of a row. */
const LAST_ORDINAL = 2_147_483_647;
const MAX_MESSAGE_CHARACTERS = 2000;
const NOT_PROCESSED = '该行未处理';

/** Yields the feedback of the rows of a batch, in their order. */
export async function* readFeedbackRows(
  { batchId, from, keyNames }: FeedbackRange,
  needs: { readonly database: Database; readonly read: (batchId: string) => Readable },
): AsyncGenerator<FeedbackRow> {
  const verdictOf = verdictLookup(await readVerdicts(needs.database, batchId));
  const problems = problemsByRow(needs.database, batchId, from);
  let next = await problems.next();
  let row = 0;
  for await (const line of linesOf(needs.read(batchId))) {
    row += 1;
    if (row < from) continue;
    while (next.done !== true && next.value.row < row) next = await problems.next();
    const own = next.done !== true && next.value.row === row ? next.value.problems : [];
    const cells = JSON.parse(line) as Record<string, string | null>;
    const verdict = verdictOf(row) ?? null;
    yield {
      row,
      key: keyNames.map((name) => shownKey(cells[name] ?? null)),
      verdict,
      status: statusOf(verdict),
      codes: [...new Set(own.map(({ code }) => code))].join(',').slice(0, MAX_MESSAGE_CHARACTERS),
      message: verdict === null ? NOT_PROCESSED : messageOf(own),
    };
  }
}

/** A feedback table may be read by others than the table itself: a key that is an ID number stays empty there. */
function shownKey(key: string | null): string | null {
  return key === null || holdsProvenNumber(key) ? null : key;
}

function statusOf(verdict: string | null): FeedbackRow['status'] {
  if (verdict === null) return 'not-processed';
  return verdict === 'rejected' ? 'rejected' : 'accepted';
}

function messageOf(problems: readonly ProblemView[]): string {
  return problems
    .map(({ messageZh }) => messageZh)
    .join('；')
    .slice(0, MAX_MESSAGE_CHARACTERS);
}

interface RowProblems {
  readonly row: number;
  readonly problems: readonly ProblemView[];
}

/** Yields the problems of each row that has some, from a row on. */
async function* problemsByRow(
  database: Database,
  batchId: string,
  from: number,
): AsyncGenerator<RowProblems> {
  let own: ProblemView[] = [];
  let after: string | undefined = `${from - 1}.${LAST_ORDINAL}`;
  while (after !== undefined) {
    const page = await readProblems(database, batchId, { after, limit: PROBLEMS_AT_ONCE });
    for (const problem of page.problems) {
      const last = own[0];
      if (last !== undefined && last.row !== problem.row) {
        yield { row: last.row, problems: own };
        own = [];
      }
      own.push(problem);
    }
    after = page.next ?? undefined;
  }
  if (own[0] !== undefined) yield { row: own[0].row, problems: own };
}

async function* linesOf(body: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of decodeText(body as AsyncIterable<Buffer>, 'utf-8')) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
