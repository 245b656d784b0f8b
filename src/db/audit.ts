// The audit log in PostgreSQL. Appending is the last statement of the transaction whose act it records: the
// advisory lock 727002 is held from there to the commit. Whoever also needs 727001 (positions) takes it before.
import {
  BEFORE_FIRST,
  auditForm,
  type AuditAct,
  type AuditAction,
  type AuditCheckpoint,
  type AuditEntry,
} from '../core/audit-entry.js';
import { GatewayError } from '../core/errors.js';
import { maskDetails } from '../core/mask.js';
import type { Connection, Sql } from './pool.js';

const RETRY_AFTER_S = 10;
const PAGE = 1000;
const COLUMNS = `number, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, actor, action,
  object, details, previous_hash as "previousHash", hash`;

/** Appends one act in the caller's transaction, as its last statement; throws `audit.unavailable`. */
export async function appendAudit(sql: Connection, act: AuditAct): Promise<void> {
  await appendAudits(sql, [act]);
}

/** Appends acts in their order, in one statement: with nothing else to commit, that is the whole transaction. */
export async function appendAudits(sql: Sql, acts: readonly AuditAct[]): Promise<void> {
  if (acts.length === 0) return;
  const rows = acts.map((raw) => {
    const act = masked(raw);
    return { ...act, at: act.at.toISOString(), ...auditForm(act) };
  });
  try {
    await sql.query(
      `select append_audit(at, actor, action, object, details, head, object_json)
       from unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
         with ordinality as act (at, actor, action, object, details, head, object_json, place)
       order by place`,
      [
        rows.map(({ at }) => at),
        rows.map(({ actor }) => actor),
        rows.map(({ action }) => action),
        rows.map(({ object }) => object),
        rows.map(({ details }) => details),
        rows.map(({ head }) => head),
        rows.map(({ objectJson }) => objectJson),
      ],
    );
  } catch (cause) {
    throw new GatewayError(
      'audit.unavailable',
      'The audit log cannot be written just now, so nothing was done; try again later.',
      {
        cause,
        details: { retryAfterSeconds: RETRY_AFTER_S },
        detailZh: '审计日志暂时无法写入，操作未执行，请稍后再试。',
      },
    );
  }
}

function masked(act: AuditAct): AuditAct {
  return {
    ...act,
    object: maskDetails(act.object),
    details: maskDetails(act.details ?? {}),
  };
}

/** Reads the whole log in its order, a page at a time. */
export async function* readAudit(sql: Sql): AsyncGenerator<AuditEntry> {
  let after: number | null = null;
  for (;;) {
    const { rows } = await sql.query(
      `select ${COLUMNS} from audit_entries where $1::bigint is null or number > $1 order by number limit ${PAGE}`,
      [after],
    );
    const entries = rows as unknown as AuditEntry[];
    // Hashed were milliseconds: a change below them must tell too.
    for (const entry of entries) yield { ...entry, at: entry.at.replace(/000Z$/, 'Z') };
    const last = entries.at(-1);
    if (last === undefined || entries.length < PAGE) return;
    after = last.number;
  }
}

/** Gives the place of the chain where one of these acts about an object was last recorded. */
export async function findCheckpoint(
  sql: Sql,
  object: string,
  actions: readonly AuditAction[],
): Promise<AuditCheckpoint | undefined> {
  const { rows } = await sql.query(
    `select number, hash from audit_entries where object = $1 and action = any($2)
     order by number desc limit 1`,
    [object, actions],
  );
  return rows[0] as unknown as AuditCheckpoint | undefined;
}

/** Gives the end of the chain. */
export async function lastCheckpoint(sql: Sql): Promise<AuditCheckpoint> {
  const { rows } = await sql.query('select number, hash from audit_entries order by number desc limit 1');
  return (rows[0] as unknown as AuditCheckpoint | undefined) ?? BEFORE_FIRST;
}
