// Access keys: scoped to a role, and to an agency where the role is `agency`. Only a hash is stored; a key
// has 256 random bits, so that a plain SHA-256 of it cannot be guessed back.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { COMMAND_LINE } from '../core/audit-entry.js';
import type { Role } from '../core/words.js';
import { appendAudit } from './audit.js';
import type { Database, Sql } from './pool.js';

export interface Caller {
  readonly keyId: string;
  readonly role: Role;
  readonly agency: string | null;
}

export interface NewKey {
  readonly role: Role;
  readonly agency: string | undefined;
  readonly now: Date;
  /** A key to take instead of a random one: a sandbox keeps its keys over restarts. */
  readonly key?: string;
  /** Who makes it, for the audit log; by default who works at the command line. */
  readonly actor?: string;
}

/** Creates a key and gives it, this once; a key that is there already stays as it is. */
export async function createKey(database: Database, wanted: NewKey): Promise<{ id: string; key: string }> {
  const { role, agency = null, now, actor = COMMAND_LINE } = wanted;
  const key = wanted.key ?? `cxg_${role}_${randomBytes(32).toString('base64url')}`;
  const newId = randomUUID();
  return database.transaction(async (sql) => {
    const { rows } = await sql.query<{ id: string }>(
      `insert into api_keys (id, role, agency, hash, created_at) values ($1, $2, $3, $4, $5)
       on conflict (hash) do update set hash = excluded.hash returning id`,
      [newId, role, agency, hashOf(key), now],
    );
    const id = rows[0]?.id ?? '';
    if (id === newId)
      await appendAudit(sql, {
        at: now,
        actor,
        action: 'key.created',
        object: id,
        details: { role, agency },
      });
    return { id, key };
  });
}

/** Revokes a key; false where there is none in force under this id. */
export async function revokeKey(database: Database, id: string, now: Date): Promise<boolean> {
  return database.transaction(async (sql) => {
    const { rowCount } = await sql.query(
      'update api_keys set revoked_at = $2 where id = $1 and revoked_at is null',
      [id, now],
    );
    if (rowCount !== 1) return false;
    await appendAudit(sql, { at: now, actor: COMMAND_LINE, action: 'key.revoked', object: id });
    return true;
  });
}

/** Finds who calls with this key; undefined for an unknown or revoked one. */
export async function findKey(sql: Sql, key: string): Promise<Caller | undefined> {
  const { rows } = await sql.query(
    'select id as "keyId", role, agency from api_keys where hash = $1 and revoked_at is null',
    [hashOf(key)],
  );
  return rows[0] as unknown as Caller | undefined;
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
