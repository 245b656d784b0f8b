// The database of an agency for all tests of a suite; where none of its kind can be had, they are skipped and say why.
import { openAgencyDatabase, WHY_NOT, type AgencyDatabase } from '../db/front-end/agency-database.js';

/** Opens a database of this kind before the suite that calls it, gives it, and drops it afterwards. */
export function openForSuite(
  kind: Parameters<typeof openAgencyDatabase>[0],
  take: (agency: AgencyDatabase) => void,
): void {
  let drop = (): Promise<void> => Promise.resolve();
  before(async function () {
    const opened = await openAgencyDatabase(kind);
    if (opened === undefined) {
      this.test!.title += ` — skipped: ${WHY_NOT}`;
      return this.skip();
    }
    take(opened);
    drop = opened.drop;
  });
  after(() => drop());
}
