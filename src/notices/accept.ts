// Takes in a notice that the city pushes, through the same stages as one of its feed. What is refused is
// told to the city and not stored.
import { GatewayError } from '../core/errors.js';
import { shanghaiDay } from '../core/clock.js';
import { appendAudits } from '../db/audit.js';
import type { Database } from '../db/pool.js';
import { logInbound, takeIn, type InboundDeps } from './inbound.js';
import type { Reason } from './notice.js';
import { reason } from './reasons.js';
import { readNotice, type NoticeState } from '../db/notices.js';
import { inboundActs } from './record-act.js';
import { wakeAll, type Wake } from './wake-all.js';

export interface AcceptDeps extends InboundDeps {
  readonly database: Database;
  readonly wake: Wake;
  /** Who pushes the notice, for the audit log. */
  readonly actor?: string;
}

export interface Accepted {
  readonly noticeId: string;
  readonly status: NoticeState;
  /** False where the same notice had been received before. */
  readonly isNew: boolean;
}

/** Accepts a notice; throws `notice.invalid` with every reason in `details.reasons`. */
export async function acceptNotice(raw: unknown, deps: AcceptDeps): Promise<Accepted> {
  const routed = await deps.database.transaction(async (sql) => {
    const result = await takeIn(sql, { raw, eventId: null }, deps);
    if (result.fate === 'refused') throw invalid(result.reasons);
    await appendAudits(sql, inboundActs([result], { at: deps.clock(), actor: deps.actor }));
    return result;
  });
  if (routed.fate !== 'repeated') logInbound(deps.log, routed);
  if (routed.fate === 'repeated-differently')
    throw invalid([...routed.reasons, reason('notice.id-reused', '/noticeId', shanghaiDay(deps.clock()))]);
  if (routed.reasons.length > 0) throw invalid(routed.reasons);
  await wakeAll(deps, 'deliver-notice', routed.deliveries);
  const stored = await readNotice(deps.database, routed.id);
  return {
    noticeId: routed.id,
    status: stored?.state ?? 'received',
    isNew: routed.fate !== 'repeated',
  };
}

function invalid(reasons: readonly Reason[]): GatewayError {
  const said = reasons.map((each) => `${each.path}: ${each.message}`).join('; ');
  return new GatewayError('notice.invalid', `The notice cannot be accepted. ${said}.`, {
    details: { reasons },
    detailZh: reasons.map((each) => `${each.path}：${each.messageZh}`).join('；'),
  });
}
