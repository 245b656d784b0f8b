// Failures of a front-end database in our own words. Drivers name users, addresses and values of rows in theirs,
// so of those only the code is kept.
import { GatewayError, isGatewayError } from '../../core/errors.js';

/** Codes after which nothing helps but a hand on the configuration, the rights or the tables. */
const MISCONFIGURED = new Map<string, string>([
  ['28P01', 'refuses the user or its password'],
  ['28000', 'refuses the user'],
  ['3D000', 'has no such database'],
  ['3F000', 'has no such schema'],
  ['42501', 'does not give the rights that are needed'],
  ['42P01', 'has no such table'],
  ['42703', 'has no such column'],
  ['42P10', 'has a feedback table without the primary key (batch_id, row_no)'],
  ['ER_BAD_DB_ERROR', 'has no such database'],
  ['ER_NO_SUCH_TABLE', 'has no such table'],
  ['ER_BAD_FIELD_ERROR', 'has no such column'],
]);

const DENIED = /^ER_\w*ACCESS_?DENIED/;

/** Makes the error that may be shown and logged; what is ours already stays, and so does the reason of an abort. */
export function frontEndFault(error: unknown, signal: AbortSignal): Error {
  if (signal.aborted)
    return signal.reason instanceof Error
      ? signal.reason
      : new GatewayError('claim.lost', 'The pull was ended.');
  if (isGatewayError(error)) return error;
  const code = codeOf(error);
  const reason = MISCONFIGURED.get(code) ?? (DENIED.test(code) ? 'refuses what is asked of it' : undefined);
  if (reason !== undefined) return misconfigured(`The front-end database ${reason} (${code}).`);
  return new GatewayError('pull.failed', `The front-end database cannot be used now (${code}).`, {
    details: { driverCode: code },
    detailZh: `前置库暂时无法使用（${code}）。`,
  });
}

/** The failure of a pull that no retry can help. */
export function misconfigured(
  message: string,
  detailZh = '请核对前置库的连接、表、列和权限。',
): GatewayError {
  return new GatewayError('pull.misconfigured', message, { detailZh });
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : 'connection lost';
}
