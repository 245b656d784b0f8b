// What the audit log says: one entry per act, each hashed together with the hash of the entry before it.
// Never the body of a record, never a personal number.
import { canonicalDigest, canonicalJson } from './canonical-json.js';
import type { Role } from './words.js';

/** The acts that are recorded, as `area.what-happened`. */
export const AUDIT_ACTIONS = [
  'batch.received',
  'batch.settled',
  'batch.held',
  'batch.failed',
  'batch.released',
  'batch.replay-ordered',
  'batch.dropped',
  'correction.read',
  'data-key.removed',
  'data-key.resealed',
  'data-key.rotated',
  'destination.message-replayed',
  'destination.message-retried',
  'destination.paused',
  'destination.replay-cancelled',
  'destination.replay-ordered',
  'destination.resumed',
  'differences.deleted',
  'digests.deleted',
  'events.deleted',
  'feed.read',
  'key.created',
  'key.revoked',
  'mailbox.read',
  'no-data.stated',
  'message-attempts.deleted',
  'messages.deleted',
  'notice.accepted',
  'notice.refused',
  'notice.repeated-differently',
  'notice.matched',
  'notice.acknowledged',
  'notice.answered',
  'notice.feedback-sent',
  'notice.feedback-refused',
  'notice.closed',
  'notice.delivered',
  'notice.put-in-mailbox',
  'old-versions.deleted',
  'original.deleted',
  'original.deletion-ordered',
  'person.sent',
  'problems.deleted',
  'problems.read',
  'pull.ordered',
  'pulled-rows.read',
  'reconciliation.ordered',
  'reconciliation.repaired',
  'reconciliations.deleted',
  'record.reinstated',
  'record.withdrawn',
  'record.read',
  'records.ended',
  'records.searched',
  'refusals.deleted',
  'rejected-rows.deleted',
  'reminder.raised',
  'resend-orders.deleted',
  'source.paused',
  'source.replay-ordered',
  'source.resumed',
  'source-replays.deleted',
  'taken-changes.deleted',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

type Plain = string | number | boolean | null;
/** Small facts beside the act: counts, states, ids, a reason. */
export type AuditDetails = Readonly<
  Record<string, Plain | readonly Plain[] | Readonly<Record<string, Plain>>>
>;

/** An act to be recorded. */
export interface AuditAct {
  readonly at: Date;
  /** See `actorOf`; `GATEWAY` for what nobody asked for, `COMMAND_LINE` for who works at the machine itself. */
  readonly actor: string;
  readonly action: AuditAction;
  /** The id of what the act is about. */
  readonly object: string;
  readonly details?: AuditDetails;
}

/** An entry as it is stored; `at` and `details` are the texts that were hashed. */
export interface AuditEntry {
  readonly number: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly object: string;
  /** RFC 8785 form. */
  readonly details: string;
  readonly previousHash: string;
  readonly hash: string;
}

/** A place of the chain that somebody has kept outside of it. */
export interface AuditCheckpoint {
  readonly number: number;
  readonly hash: string;
}

export const GATEWAY = 'gateway';
export const COMMAND_LINE = 'command-line';
/** What the first entry follows. */
export const BEFORE_FIRST: AuditCheckpoint = { number: 0, hash: '0'.repeat(64) };

/** Names who acts by role and key, e.g. `operator:KEY-ID`; never by the key itself. */
export function actorOf(caller: { readonly role: Role; readonly keyId: string }): string {
  return `${caller.role}:${caller.keyId}`;
}

/** Gives SHA-256 over the RFC 8785 form of an entry with the hash of the one before it, lower-case hex. */
export function auditHash(entry: Omit<AuditEntry, 'hash'>): string {
  const { number, at, actor, action, object, previousHash } = entry;
  const details: unknown = JSON.parse(entry.details);
  return canonicalDigest({ number, at, actor, action, object, details, previousHash });
}

/** Gives the parts of the RFC 8785 form that are known before the entry has its place: `append_audit` completes it. */
export function auditForm(act: AuditAct): { head: string; objectJson: string; details: string } {
  const { actor, action, object, details = {} } = act;
  const known = canonicalJson({ action, actor, at: act.at.toISOString(), details });
  return {
    head: known.slice(0, -1),
    objectJson: canonicalJson(object),
    details: canonicalJson(details),
  };
}
