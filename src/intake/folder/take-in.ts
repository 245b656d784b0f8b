// Takes one complete file in, as an upload would be, and ties it to its batch in the same transaction: whoever
// is killed in between finds either both or neither.
import type { Source } from '../../core/configuration.js';
import { isGatewayError, type GatewayError } from '../../core/errors.js';
import { tieToBatch } from '../../db/folder-files.js';
import type { PullNeeds } from '../pull.js';
import type { Received } from '../receive.js';
import { declaredFormat } from './file-name.js';
import type { LaidFile } from './inbox.js';
import { readSteadily } from './steady-file.js';

const FIRST_FAULT_OF_OURS = 500;

export interface Offer {
  readonly source: Source;
  readonly file: LaidFile;
  /** The failed batch of this file that the new one takes the place of. */
  readonly instead: string | null;
}

/** Gives the batch, or why the file was refused; undefined, with nothing stored, where it changed meanwhile. */
export async function takeIn(
  { source, file, instead }: Offer,
  { receive, signal }: Pick<PullNeeds, 'receive' | 'signal'>,
): Promise<Received | GatewayError | undefined> {
  return readSteadily(file, signal, async ({ body, confirm }) => {
    try {
      return await receive({
        source,
        body: body(),
        declaredFormat: declaredFormat(file.shown),
        fileName: file.shown,
        alongside: async (sql, batchId) => {
          await confirm();
          if (!(await tieToBatch(sql, { source: source.id, name: file.name }, { batchId, instead })))
            throw new Error('A file of a folder was taken in by somebody else.');
        },
      });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // Half of a file is refused for reasons that the whole of it does not have.
      await confirm();
      return error;
    }
  });
}

/** Tells whether the fault is the file's: it would be the same at every try. */
function isRefusal(error: unknown): error is GatewayError {
  return isGatewayError(error) && error.status < FIRST_FAULT_OF_OURS && !error.retry;
}
