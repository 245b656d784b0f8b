// The sample district with one spelling more in its code lists: rows that wrote it were rejected, and pass now.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadSite, type Site } from '../../src/app/site.js';
import { projectRoot } from '../../src/platform/project-root.js';

/** A kind of counterpart that no list knows, until it is loosened. */
export const UNKNOWN_KIND = '有限责任公司';

const LIST = 'schemas/code-lists/counterpart-kinds.json';

interface CodeListFile {
  readonly versions: readonly { readonly values: readonly { value: string; spellings: string[] }[] }[];
}

/** Lays schemas and mappings into a folder, with the spelling added. */
export function loosenDefinitions(root: string): void {
  for (const name of ['schemas', 'mappings'])
    cpSync(path.join(projectRoot, name), path.join(root, name), { recursive: true });
  const file = path.join(root, LIST);
  const list = JSON.parse(readFileSync(file, 'utf8')) as CodeListFile;
  const organisation = list.versions[0]?.values.find(({ value }) => value === '法人及非法人组织');
  organisation?.spellings.push(UNKNOWN_KIND);
  writeFileSync(file, JSON.stringify(list));
}

/** Loads the sample district with those definitions. */
export function loadLoosenedSite(root: string): Site {
  loosenDefinitions(root);
  return loadSite(path.join(projectRoot, 'config'), root);
}
