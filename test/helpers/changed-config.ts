// The configuration of the sample district with some of its files changed.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { projectRoot } from '../../src/platform/project-root.js';

/** Lays the configuration into `folder`/config, each named file as its function gives it; gives the path. */
export function writeChangedConfig(
  folder: string,
  changes: Readonly<Record<string, (content: never) => unknown>>,
): string {
  const target = path.join(folder, 'config');
  cpSync(path.join(projectRoot, 'config'), target, { recursive: true });
  for (const [name, change] of Object.entries(changes)) {
    const file = path.join(target, name);
    writeFileSync(file, stringify(change(parse(readFileSync(file, 'utf8')) as never)));
  }
  return target;
}
