// `gateway template TYPE`: the file an agency can fill in.
import { writeFile } from 'node:fs/promises';
import { loadDefinitions } from '../platform/definitions.js';
import { csvTemplate } from '../records/template.js';
import { note, print } from './output.js';
import { withSession } from './session.js';

/** Writes the template to a file, or to standard output. */
export function runTemplate(type: string, options: { out?: string }): Promise<void> {
  return withSession(async () => {
    const text = csvTemplate(type, loadDefinitions());
    if (options.out === undefined) {
      print(text.trimEnd());
      return;
    }
    await writeFile(options.out, text);
    note(`Written: ${options.out} · 已生成`);
  });
}
