// Withdraws a record and brings it back, for its agency or an operator: a change of our own with its reason and its
// entry in the audit log, in one transaction that begins again where a delivery met the same record.
import { actorOf, type AuditAction } from '../core/audit-entry.js';
import { shanghaiDay } from '../core/clock.js';
import { GatewayError } from '../core/errors.js';
import { standingOf } from '../core/record-standing.js';
import { appendAudit } from '../db/audit.js';
import { afreshOnConflict } from '../db/conflicts.js';
import {
  assignOwnPositions,
  writeOwnEndings,
  writeOwnReinstatement,
  type OwnChunk,
  type OwnDecision,
} from '../db/own-changes.js';
import type { Connection } from '../db/pool.js';
import { readRecordState, type RecordState } from '../db/record-state.js';
import { maySee } from '../http/authenticate.js';
import type { HttpDeps, RecordDecision } from '../http/deps.js';
import { recordUnknown } from '../http/record-decisions.js';
import type { Foundation } from './gateway.js';
import { wakeDestinations } from './wake-destinations.js';

type Needs = Pick<Foundation, 'clock' | 'dispatcher' | 'log' | 'site' | 'storage'>;

/** What is written of a decision; undefined where the record stands so already. */
type Write = (
  sql: Connection,
  state: RecordState,
  change: { at: Date; decision: OwnDecision },
) => Promise<readonly OwnChunk[] | undefined>;

/** Binds the routes; `onChanges` is told after a commit that changed something. */
export function bindRecordDecisions(
  foundation: Needs,
  onChanges: () => void,
): Pick<HttpDeps, 'reinstateRecord' | 'withdrawRecord'> {
  const types = new Set(foundation.site.configuration.catalogue.map(({ type }) => type));
  const needs = { ...foundation, onChanges };
  return {
    withdrawRecord: (decision) => decide(decision, { action: 'record.withdrawn', write: withdraw }, needs),
    reinstateRecord: (decision) =>
      decide(
        decision,
        {
          action: 'record.reinstated',
          write: (sql, state, change) => {
            mustBeListed(state, types);
            return reinstate(sql, state, change);
          },
        },
        needs,
      ),
  };
}

async function decide(
  { recordId, caller, reason }: RecordDecision,
  { action, write }: { action: AuditAction; write: Write },
  needs: Needs & { onChanges: () => void },
): Promise<object> {
  const actor = actorOf(caller);
  const { isChanged, state } = await afreshOnConflict(needs.storage.database, async (sql) => {
    const before = await readRecordState(sql, recordId);
    if (before === undefined || !maySee(caller, before.agency)) throw recordUnknown();
    const at = needs.clock();
    const chunks = await write(sql, before, { at, decision: { by: actor, reason } });
    if (chunks === undefined) return { isChanged: false, state: before };
    await assignOwnPositions(sql, chunks);
    const after = (await readRecordState(sql, recordId)) ?? before;
    const details = { reason, version: after.version, agency: after.agency, recordType: after.recordType };
    await appendAudit(sql, { at, actor, action, object: recordId, details });
    return { isChanged: true, state: after };
  });
  if (isChanged) {
    needs.onChanges();
    await wakeDestinations(needs)();
  }
  return show(state);
}

async function withdraw(
  sql: Connection,
  state: RecordState,
  change: { at: Date; decision: OwnDecision },
): Promise<readonly OwnChunk[] | undefined> {
  if (state.operation === 'd') return undefined;
  return writeOwnEndings(sql, { ...change, origin: 'withdrawal', versions: [state] });
}

async function reinstate(
  sql: Connection,
  state: RecordState,
  change: { at: Date; decision: OwnDecision },
): Promise<readonly OwnChunk[]> {
  const { operation, said, endsOn } = state;
  if (operation === 'u')
    throw new GatewayError(
      'record.not-withdrawn',
      'This record is in force; there is nothing to reinstate.',
      {
        detailZh: '该记录未撤销，无需恢复。',
      },
    );
  if (endsOn !== null && endsOn < shanghaiDay(change.at))
    throw new GatewayError('record.period-over', `The period of this record was over after ${endsOn}.`, {
      details: { endsOn },
      detailZh: `该记录的期限已于${endsOn}届满，不能恢复。`,
    });
  const again = { ...change, current: state, said: said ?? 0 };
  const chunk = said === null ? undefined : await writeOwnReinstatement(sql, again);
  if (chunk !== undefined) return [chunk];
  throw new GatewayError(
    'record.past-retention',
    'What this record said had to be deleted, so it cannot be said again.',
    { detailZh: '该记录的内容已超过保存期限并已删除，不能恢复。' },
  );
}

function mustBeListed({ recordType }: RecordState, types: ReadonlySet<string>): void {
  if (types.has(recordType)) return;
  throw new GatewayError('catalogue.not-listed', `The catalogue no longer lists ${recordType}.`, {
    details: { type: recordType },
    detailZh: `目录已不再列入信息类别 ${recordType}。`,
  });
}

function show({ recordId, agency, recordType, version, operation, origin, changedAt, reason }: RecordState): {
  state: string;
} & Record<string, unknown> {
  const state = standingOf({ operation, origin });
  return { id: recordId, agency, recordType, version, state, changedAt: changedAt.toISOString(), reason };
}
