// An intake for each test, looked at a day later, and beside it the district whose list has been loosened meanwhile.
import type { Site } from '../../src/app/site.js';
import { NOW, openIntakeBench, type IntakeBench } from './intake.js';
import { loadLoosenedSite } from './loosened-site.js';
import { createTemporaryFolder, type TemporaryFolder } from './temporary-folder.js';

const DAY_MS = 86_400_000;

export interface LoosenedBench {
  readonly loosened: Site;
  readonly bench: IntakeBench;
  /** The day after the intake. */
  readonly now: Date;
}

/** Opens them before each test of the suite that calls it, gives them, and closes them afterwards. */
export function openLoosenedBench(take: (opened: LoosenedBench) => void): void {
  let folder: TemporaryFolder;
  let loosened: Site;
  let bench: IntakeBench;
  before(() => {
    folder = createTemporaryFolder();
    loosened = loadLoosenedSite(folder.path);
  });
  after(() => folder.remove());
  beforeEach(async () => {
    bench = await openIntakeBench();
    take({ loosened, bench, now: new Date(NOW.getTime() + DAY_MS) });
  });
  afterEach(() => bench.close());
}
