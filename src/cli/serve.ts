// `gateway serve`: runs the gateway until a signal, then stops it in order. A second signal shares the
// first one's stop; exit code 0 only when everything stopped.
import { startGateway } from '../app/gateway.js';
import { GatewayError } from '../core/errors.js';
import { readEnvironment } from '../platform/environment.js';
import { createLogger } from '../platform/logger.js';
import { note } from './output.js';

export const PROCESS_ROLES = ['api', 'worker', 'scheduler'] as const;
export type ProcessRole = (typeof PROCESS_ROLES)[number];

/** Serves until SIGINT or SIGTERM. */
export async function runServe(options: { role: string; sandbox: boolean }): Promise<void> {
  const environment = readEnvironment();
  const log = createLogger(environment.logLevel);
  const roles = parseRoles(options.role);
  // Heard from the first moment on: a signal that comes while starting stops what has started.
  const signal = waitForSignal();
  const gateway = await startGateway({
    environment,
    log,
    roles,
    sandbox: options.sandbox,
    takeFreePort: false,
  });
  for (const notice of gateway.notices) note(`! ${notice}`);
  if (gateway.url !== '') note(`Listening on ${gateway.url} · 服务地址`);
  await signal;
  if (!(await gateway.stop())) process.exitCode = 1;
}

/** Resolves at the first SIGINT or SIGTERM. */
export function waitForSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGINT', () => resolve());
    process.on('SIGTERM', () => resolve());
  });
}

function parseRoles(list: string): ProcessRole[] {
  const wanted = list.split(',').map((role) => role.trim());
  const unknown = wanted.filter((role) => !(PROCESS_ROLES as readonly string[]).includes(role));
  if (unknown.length > 0)
    throw new GatewayError(
      'config.invalid',
      `--role takes ${PROCESS_ROLES.join(', ')}, joined by commas; not ${unknown.join(', ')}.`,
      {
        detailZh: '--role 只能是 api、worker、scheduler，以逗号分隔。',
      },
    );
  return wanted as ProcessRole[];
}
