// Fills in what records from before the search are found by, in the background of a gateway that serves.
import { fillSearchKeys } from '../jobs/fill-search-keys.js';
import { startSweep } from '../jobs/sweep.js';
import type { Foundation } from './gateway.js';
import { nameFieldsOf } from './name-fields.js';

const TIMES = { everyMs: 30_000, waitMs: 5000 };

/** Works on it every half minute until nothing is left; afterwards each look is one row. */
export function startSearchBackfill(
  { site, storage, log, signal }: Foundation,
  { everyMs, waitMs } = TIMES,
): { stop(): Promise<void> } {
  const listings = new Map(site.configuration.catalogue.map(({ type, listing }) => [type, listing]));
  const needs = {
    ...{ database: storage.database, sealer: storage.sealer, log, signal, waitMs },
    ...{ nameFieldOf: nameFieldsOf(site), listingOf: (type: string) => listings.get(type) },
  };
  let isToldToWait = false;
  return startSweep({
    everyMs,
    log,
    wake: () => Promise.resolve(),
    readDue: async () => {
      const versions = await fillSearchKeys(needs);
      if (versions === 'written') {
        if (!isToldToWait)
          log.info('Search keys of earlier records wait for somebody who is writing records');
        isToldToWait = true;
      } else if (versions !== undefined)
        log.info({ versions }, 'Search keys of earlier records are filled in');
      return new Map();
    },
  });
}
