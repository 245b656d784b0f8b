// Opens a session on an agency's front-end database by the address that a file of the operator holds.
import type { DatabasePullSettings } from '../../core/configuration.js';
import type { FrontEnd, SessionOptions } from './front-end.js';
import { misconfigured } from './front-end-fault.js';
import { openMysql } from './mysql.js';
import { openPostgres } from './postgres.js';

const PROTOCOLS = { postgres: /^postgres(ql)?:$/, mysql: /^(mysql|mariadb):$/ } as const;
const CONNECT_TIMEOUT_MS = 15_000;
const IDLE_TIMEOUT_MS = 900_000;

/** Opens a session; throws `pull.failed` or `pull.misconfigured`, in words that do not repeat the address. */
export async function openFrontEnd(
  { kind, urlFile }: Pick<DatabasePullSettings, 'kind' | 'urlFile'>,
  needs: {
    readonly readSecret: (file: string) => Promise<string>;
    readonly signal: AbortSignal;
    readonly timeouts?: Omit<SessionOptions, 'signal'>;
  },
): Promise<FrontEnd> {
  const url = await readAddress(kind, urlFile, needs.readSecret);
  const timeouts = needs.timeouts ?? { connectTimeoutMs: CONNECT_TIMEOUT_MS, idleTimeoutMs: IDLE_TIMEOUT_MS };
  const options = { ...timeouts, signal: needs.signal };
  switch (kind) {
    case 'postgres':
      return openPostgres(url, options);
    case 'mysql':
      return openMysql(url.replace(/^mariadb:/, 'mysql:'), options);
  }
}

async function readAddress(
  kind: DatabasePullSettings['kind'],
  file: string,
  readSecret: (file: string) => Promise<string>,
): Promise<string> {
  const text = (await readSecret(file)).trim();
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  if (!PROTOCOLS[kind].test(protocol))
    throw misconfigured(
      `The file ${file} does not hold an address of the form ${kind}://user:password@host:port/database.`,
      `文件 ${file} 中没有有效的 ${kind} 连接地址。`,
    );
  return text;
}
