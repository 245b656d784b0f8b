// `gateway docs`: the pages of docs/record-types, made from schemas, mappings and catalogue. Pages of types that
// are gone are removed.
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadSite, type Site } from '../app/site.js';
import { recordTypeIndex, recordTypePage } from '../reports/record-type-page.js';
import { makeFolder } from '../platform/make-folder.js';
import { note } from './output.js';
import { withSession } from './session.js';

/** Gives the text of every page by its file name. */
export function recordTypePages({ configuration, definitions }: Site): ReadonlyMap<string, string> {
  const { catalogue, retention } = configuration;
  return new Map([
    ['README.md', recordTypeIndex(catalogue, definitions)],
    ...catalogue.map((entry) => [`${entry.type}.md`, recordTypePage(entry, definitions, retention)] as const),
  ]);
}

/** Writes the pages into a folder. */
export function runDocs({ out }: { out: string }): Promise<void> {
  return withSession(async ({ environment }) => {
    const pages = recordTypePages(loadSite(environment.configDir));
    await makeFolder(out);
    for (const file of await readdir(out))
      if (file.endsWith('.md') && !pages.has(file)) await rm(path.join(out, file));
    for (const [file, text] of pages) await writeFile(path.join(out, file), text);
    note(`Written: ${pages.size} pages in ${out} · 已生成`);
  });
}
