// What the audit log says of notices: that one was taken in or refused, never what is in it.
import { GATEWAY, type AuditAct, type AuditAction } from '../core/audit-entry.js';
import type { Routed } from './route.js';

const ACTIONS: Readonly<Record<Routed['fate'], AuditAction | undefined>> = {
  routed: 'notice.accepted',
  unmatched: 'notice.accepted',
  refused: 'notice.refused',
  'repeated-differently': 'notice.repeated-differently',
  // Nothing has changed.
  repeated: undefined,
};

/** Gives the acts of taking notices in, in their order. */
export function inboundActs(
  notices: readonly Routed[],
  by: { readonly at: Date; readonly actor?: string | undefined },
): AuditAct[] {
  return notices.flatMap(({ id, fate, reasons, deliveries }) => {
    const action = ACTIONS[fate];
    if (action === undefined) return [];
    const codes = reasons.map(({ code }) => code);
    const details = { isMatched: fate === 'routed', recipients: deliveries.length, reasons: codes };
    return [{ at: by.at, actor: by.actor ?? GATEWAY, action, object: id, details }];
  });
}
