// A logger whose lines a test can read.
import { createLogger, type Logger } from '../../src/platform/logger.js';

export type LogLine = Record<string, unknown>;

/** Builds a logger of every level, and the list that its lines are added to. */
export function createCapturedLogger(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const log = createLogger('trace', {
    write: (line: string) => void lines.push(JSON.parse(line) as LogLine),
  });
  return { log, lines };
}
