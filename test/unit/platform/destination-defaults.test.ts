// What the entry of a destination leaves out is as its schema says.
import assert from 'node:assert/strict';
import { loadSite } from '../../../src/app/site.js';
import type { Destination } from '../../../src/core/configuration.js';
import { writeChangedConfig } from '../../helpers/changed-config.js';
import { createTemporaryFolder, type TemporaryFolder } from '../../helpers/temporary-folder.js';

const LEFT_OUT = ['adapter', 'gzip', 'maxFaults', 'parked'];
const needed = (entry: Destination): object =>
  Object.fromEntries(Object.entries(entry).filter(([key]) => !LEFT_OUT.includes(key)));

describe('what the entry of a destination does not say', () => {
  let folder: TemporaryFolder;
  beforeEach(() => {
    folder = createTemporaryFolder();
  });
  afterEach(() => folder.remove());

  const load = (given: Partial<Destination>): Partial<Destination> => {
    const change = (entries: readonly Destination[]): object[] =>
      entries.map((entry) => ({ ...needed(entry), ...given }));
    const [entry] = loadSite(writeChangedConfig(folder.path, { 'destinations.yaml': change })).configuration
      .destinations;
    const { adapter, gzip, maxFaults, parked } = entry!;
    return { adapter, gzip, maxFaults, parked };
  };

  it('is the usual, and what it says holds', () => {
    const usual = {
      adapter: 'city-http',
      gzip: false,
      maxFaults: 20,
      parked: { probeEveryMs: 60_000 },
    } as const;
    assert.deepEqual(load({}), usual);
    const given = { gzip: true, maxFaults: 2, parked: { probeEveryMs: 1000 } };
    assert.deepEqual(load(given), { ...usual, ...given });
  });
});
