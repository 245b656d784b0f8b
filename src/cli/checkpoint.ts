// A checkpoint of the audit log as it is given to a command: `NUMBER:HASH`.
import { InvalidArgumentError } from 'commander';
import type { AuditCheckpoint } from '../core/audit-entry.js';

/** Reads `NUMBER:HASH`. */
export function parseCheckpoint(text: string): AuditCheckpoint {
  const [, number, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/i.exec(text) ?? [];
  if (number === undefined || hash === undefined)
    throw new InvalidArgumentError(
      'It must be NUMBER:HASH, as in the checkpoint of a receipt: a number from 1 and 64 hexadecimal digits.',
    );
  return { number: Number(number), hash: hash.toLowerCase() };
}
