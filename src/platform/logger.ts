// Logs as JSON lines on stderr, so that what a command prints on stdout stays clean. Secrets are cut out here, numbers
// of persons are masked in every text, and of an error only type, code, message, stack and causes are kept: a driver's
// error carries rows and keys.
import pino from 'pino';
import { isGatewayError } from '../core/errors.js';
import { maskDetails } from '../core/mask.js';

export type Logger = pino.Logger;

const SECRET_FIELDS = ['authorization', 'Authorization', 'cookie', 'key', 'token', 'password', 'secret'];
const SECRET_PATHS = [
  ...SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.headers.${field}`]),
  'headers["set-cookie"]',
  '*.headers["set-cookie"]',
];
const MAX_CAUSES = 5;

/** Builds the logger of a process; `level` is one of pino's, `destination` is stderr where none is given. */
export function createLogger(level: string, destination?: pino.DestinationStream): Logger {
  const options: pino.LoggerOptions = {
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label) => ({ level: label }),
      log: (fields) => maskDetails(fields),
    },
    hooks: { logMethod: writeMasked },
    redact: { paths: SECRET_PATHS, censor: '[redacted]' },
    serializers: {
      err: (error: unknown) => errorFields(error),
      error: (error: unknown) => errorFields(error),
    },
  };
  return maskingChildren(pino(options, destination ?? pino.destination(2)));
}

/** What a child logger is bound to goes past the formatters. Children of children inherit this. */
function maskingChildren(log: Logger): Logger {
  const makeChild = log.child as unknown as (
    this: Logger,
    bindings: pino.Bindings,
    options?: pino.ChildLoggerOptions,
  ) => Logger;
  return Object.assign(log, {
    child(this: Logger, bindings: pino.Bindings, options?: pino.ChildLoggerOptions) {
      return makeChild.call(this, maskDetails(bindings), options);
    },
  });
}

/** The sentence itself: it is constant by habit, and nothing holds it to that. */
function writeMasked(this: Logger, words: Parameters<pino.LogFn>, write: pino.LogFn): void {
  write.apply(
    this,
    words.map((word: unknown) => (typeof word === 'string' ? maskDetails(word) : word)) as never,
  );
}

function errorFields(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'object' ? '[not an error]' : maskDetails(error);
  const code = (error as { code?: unknown }).code;
  return maskDetails({
    type: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: error.message,
    stack: error.stack,
    ...(isGatewayError(error) ? { details: error.details } : {}),
    ...(error.cause !== undefined && depth < MAX_CAUSES
      ? { cause: errorFields(error.cause, depth + 1) }
      : {}),
  });
}
