// What a site does not say of retention is as the schema says, and the README says the same.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadSite } from '../../../src/app/site.js';
import type { Retention } from '../../../src/core/configuration.js';
import { projectRoot } from '../../../src/platform/project-root.js';
import { writeChangedConfig } from '../../helpers/changed-config.js';
import { createTemporaryFolder, type TemporaryFolder } from '../../helpers/temporary-folder.js';

const NEEDED = ['originals', 'rejectedRows', 'problems', 'oldVersions', 'feed'] as const;
const read = (name: string): string => readFileSync(path.join(projectRoot, name), 'utf8');

describe('a retention that a site does not give', () => {
  let folder: TemporaryFolder;
  beforeEach(() => {
    folder = createTemporaryFolder();
  });
  afterEach(() => folder.remove());

  const load = (change: (retention: Retention) => object): Retention =>
    loadSite(writeChangedConfig(folder.path, { 'retention.yaml': change })).configuration.retention;
  const schema = JSON.parse(read('schemas/config/retention.schema.json')) as {
    properties: Record<string, { default?: { days: number } }>;
  };
  const defaults = Object.entries(schema.properties).flatMap(([kind, { default: kept }]) =>
    kept === undefined ? [] : [[kind, kept] as const],
  );

  it('is the default of the schema; what is given holds', () => {
    assert.equal(defaults.length, 6);
    const needed = (retention: Retention): object =>
      Object.fromEntries(NEEDED.map((kind) => [kind, retention[kind]]));
    const { messages, ...others } = load((retention) => ({ ...needed(retention), messages: { days: 7 } }));
    assert.deepEqual(messages, { days: 7 });
    for (const [kind, kept] of defaults)
      if (kind !== 'messages') assert.deepEqual(others[kind as keyof typeof others], kept, kind);
  });

  it('is refused for what has no default', () => {
    assert.throws(
      () => load(() => ({ messages: { days: 7 } })),
      ({ message }: Error) =>
        NEEDED.every((kind) => message.includes(`must have required property '${kind}'`)),
    );
  });

  it('is what the README says', () => {
    const told = read('README.md')
      .split('\n')
      .flatMap((line): [string, number][] => {
        const [, , kinds = '', days = ''] = line.split('|');
        const names = [...kinds.matchAll(/`(\w+)`/g)].map(([, name]) => name as string);
        if (!names.some((name) => defaults.some(([kind]) => kind === name))) return [];
        const said = days.replaceAll(/at least \d+/g, '').match(/\d+/g) ?? [];
        return names.map((name, n) => [name, Number(said[n] ?? said[0])]);
      });
    assert.deepEqual(
      Object.fromEntries(told),
      Object.fromEntries(defaults.map(([kind, { days }]) => [kind, days])),
    );
  });
});
