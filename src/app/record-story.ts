// The whole story of one record by right: an agency has its own records and the notices that came to it, operators and
// auditors have all. Everything is masked, and the reading is written down before the answer goes out.
import { actorOf } from '../core/audit-entry.js';
import { ANY_DAY, maskPersonalNumbersIn } from '../core/mask.js';
import { describeProblem } from '../core/problem-text.js';
import { standingOf } from '../core/record-standing.js';
import type { Verdict } from '../core/words.js';
import type { WriteDown } from '../db/gathered-audit.js';
import type { Sql } from '../db/pool.js';
import {
  readMessagesAt,
  readNoticesAbout,
  readProblemsOfRows,
  readRecordHead,
  readRefusalsAt,
  readStates,
  type RowProblem,
  type SentMessage,
  type StoredRefusal,
  type StoredState,
} from '../db/record-story.js';
import type { RecordRequest } from '../http/deps.js';
import type { Foundation } from './gateway.js';
import { opennessOf, viewHead } from './record-head.js';

/** Tells the story; null where the caller has no such record. */
export async function tellRecord(
  request: RecordRequest,
  { storage, site, clock }: Pick<Foundation, 'storage' | 'site' | 'clock'>,
  writeDown: WriteDown,
): Promise<object | null> {
  const { caller, recordId, after, limit } = request;
  const { database } = storage;
  const head = await readRecordHead(database, recordId);
  if (head === undefined || (caller.agency !== null && caller.agency !== head.agency)) return null;
  const states = await readStates(database, { recordId, after, limit: limit + 1 });
  const shown = states.slice(0, limit);
  const beside = await readBeside(database, shown);
  const kept = site.configuration.retention.messages.days;
  const notices = await readNoticesAbout(database, { subjects: head.subjects, agency: caller.agency });
  await writeDown({
    at: clock(),
    actor: actorOf(caller),
    action: 'record.read',
    object: recordId,
    details: { after, versions: shown.length },
  });
  return {
    id: recordId,
    ...viewHead(head),
    versions: shown.map((state) => viewState(state, beside)),
    total: head.total,
    next: states.length > limit ? (shown.at(-1)?.version ?? null) : null,
    notices,
    messagesKeptDays: kept === 'unlimited' ? null : kept,
  };
}

interface Beside {
  readonly problems: readonly RowProblem[];
  readonly messages: readonly SentMessage[];
  readonly refusals: readonly StoredRefusal[];
}

async function readBeside(sql: Sql, states: readonly StoredState[]): Promise<Beside> {
  const positions = states.map(({ position }) => position);
  const places = states.flatMap(({ batchId, row }) => (batchId === null ? [] : [{ batchId, row }]));
  return {
    problems: await readProblemsOfRows(sql, places),
    messages: await readMessagesAt(sql, positions),
    refusals: await readRefusalsAt(sql, positions),
  };
}

function viewState(state: StoredState, beside: Beside): object {
  const { version, orderedAt, endsOn, position, committedAt: at, batchId, row, data } = state;
  return {
    version,
    state: standingOf(state),
    origin: state.isEndOfEntry ? 'removal' : state.origin,
    verdict: verdictOf(state),
    reason: state.reason,
    at,
    orderedAt,
    position,
    endsOn,
    openness: opennessOf(state),
    batch: batchId === null ? null : { id: batchId, ...viewOrigin(state) },
    data: data === '{}' ? null : (JSON.parse(data) as object),
    problems: beside.problems
      .filter((problem) => problem.batchId === batchId && problem.row === row)
      .map(viewProblem),
    messages: beside.messages.filter((message) => message.position === position).map(viewMessage),
    refusals: beside.refusals.filter((refusal) => refusal.position === position).map(viewRefusal),
  };
}

function viewOrigin({ source, receivedAt, fileName, mapping, mappingVersion, row }: StoredState): object {
  return { source, receivedAt, fileName, mapping, mappingVersion, row };
}

function viewMessage(message: SentMessage): object {
  const { id, destination, state, attempts, resend, narrowedFrom, plannedAt, answeredAt } = message;
  const { receiptId, cityReceivedAt, cityCode, cityMessage } = message;
  const said = cityMessage === null ? null : maskPersonalNumbersIn(cityMessage, ANY_DAY);
  const sent = { id, destination, state, attempts, resend, narrowedFrom, plannedAt, answeredAt };
  return { ...sent, receiptId, cityReceivedAt, cityCode, cityMessage: said };
}

function viewRefusal({ destination, cityCode, cityMessage, refusedAt }: StoredRefusal): object {
  return {
    destination,
    cityCode,
    cityMessage: maskPersonalNumbersIn(cityMessage, ANY_DAY),
    refusedAt,
  };
}

function viewProblem({ code, column, severity, details }: RowProblem): object {
  const texts = describeProblem({ code, column, ...(details === null ? {} : { details }) });
  return { column, code, severity, ...texts };
}

/** The verdict of the row that brought the version; null where no row of this record did. */
function verdictOf({ origin, isEndOfEntry, operation, version }: StoredState): Verdict | null {
  if (origin !== 'delivery' || isEndOfEntry) return null;
  if (operation === 'd') return 'withdrawn';
  return version === 1 ? 'new' : 'amended';
}
