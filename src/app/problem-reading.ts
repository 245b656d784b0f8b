// Binds the reading of problems. They name rows and values of what an agency delivered, masked: where the type may be
// about persons, each answer that shows some is written down before it goes out.
import { actorOf } from '../core/audit-entry.js';
import { readBatch } from '../db/batches.js';
import type { WriteDown } from '../db/gathered-audit.js';
import { readProblems } from '../db/problems.js';
import type { Caller, HttpDeps } from '../http/deps.js';
import type { Foundation } from './gateway.js';
import { requireKept } from './kept.js';
import type { Reports } from './reports.js';

interface Needs {
  readonly foundation: Pick<Foundation, 'clock' | 'site'> & {
    readonly storage: Pick<Foundation['storage'], 'database'>;
  };
  readonly writeDown: WriteDown;
  readonly problemsCsv: Reports['problemsCsv'];
}

/** Binds both forms; they throw `audit.unavailable` where the reading cannot be written down. */
export function bindProblemReading(needs: Needs): Pick<HttpDeps, 'readProblems' | 'problemsCsv'> {
  const { database } = needs.foundation.storage;
  return {
    readProblems: async (id, { caller, ...page }) => {
      const type = await keptType(id, needs);
      const found = await readProblems(database, id, page);
      await note({ id, caller, type, count: found.problems.length }, needs);
      return found;
    },
    problemsCsv: async function* (id, caller) {
      const type = await keptType(id, needs);
      const { total } = await readProblems(database, id, { after: undefined, limit: 1 });
      await note({ id, caller, type, count: total }, needs);
      yield* needs.problemsCsv(id);
    },
  };
}

async function keptType(id: string, { foundation }: Needs): Promise<string> {
  const batch = await readBatch(foundation.storage.database, id);
  if (batch === undefined) return '';
  requireKept(batch, { original: false, problems: true });
  return batch.recordType;
}

async function note(
  reading: { id: string; caller: Caller; type: string; count: number },
  { foundation, writeDown }: Needs,
): Promise<void> {
  const { id, caller, type, count } = reading;
  const entry = foundation.site.configuration.catalogue.find((listed) => listed.type === type);
  // Whom a type that has left the catalogue was about, nothing says any more.
  const mayBeOfPersons = entry?.subjects.includes('natural-person') ?? true;
  if (count === 0 || !mayBeOfPersons) return;
  await writeDown({
    at: foundation.clock(),
    actor: actorOf(caller),
    action: 'problems.read',
    object: id,
    details: { recordType: type, count },
  });
}
