// `gateway keys create|revoke`: access keys. A key is printed once and stored only as a hash.
import type { Role } from '../core/words.js';
import { createKey, revokeKey } from '../db/api-keys.js';
import { GatewayError } from '../core/errors.js';
import { openPostgres } from '../app/storage.js';
import { loadSite } from '../app/site.js';
import { note, print } from './output.js';
import { withSession } from './session.js';

/** Creates a key for a role, and for an agency where the role is `agency`, and prints it. */
export function runKeysCreate(options: { agency?: string; role: Role }): Promise<void> {
  return withSession(async ({ environment, stops, log }) => {
    const { agencies } = loadSite(environment.configDir).configuration;
    const agency = options.role === 'agency' ? options.agency : undefined;
    if (options.role === 'agency' && !agencies.some(({ id }) => id === agency))
      throw new GatewayError(
        'config.invalid',
        `--agency must be one of ${agencies.map(({ id }) => id).join(', ')}.`,
        { detailZh: '请用 --agency 指定 config/agencies.yaml 中的部门。' },
      );
    const database = await openPostgres(environment, stops, log);
    const created = await createKey(database, { role: options.role, agency, now: new Date() });
    note(`Key ${created.id} · it is shown only now · 密钥仅显示一次:`);
    print(created.key);
  });
}

/** Revokes a key by its id. */
export function runKeysRevoke(id: string): Promise<void> {
  return withSession(async ({ environment, stops, log }) => {
    const database = await openPostgres(environment, stops, log);
    if (!(await revokeKey(database, id, new Date())))
      throw new GatewayError(
        'config.invalid',
        `There is no key ${id} in force. The id is what was printed when the key was made, not the key.`,
        {
          detailZh: `没有有效的密钥 ${id}。请使用创建时显示的编号，而非密钥本身。`,
        },
      );
    print(`Revoked · 已吊销: ${id}`);
  });
}
