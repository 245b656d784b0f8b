// `gateway template TYPE`: the file an agency can fill in.
import { writeFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { loadDefinitions } from '../platform/definitions.js';
import { csvTemplate } from '../reports/template-csv.js';
import { writeTemplateWorkbook } from '../reports/template-workbook.js';
import { note, print } from './output.js';
import { withSession } from './session.js';

/** Writes the template to a file, or, where it is text, to standard output. */
export function runTemplate(type: string, options: { format: 'csv' | 'xlsx'; out?: string }): Promise<void> {
  return withSession(async () => {
    const definitions = loadDefinitions();
    if (options.format === 'xlsx') {
      const out = options.out ?? `${type}.xlsx`;
      const workbook = new PassThrough();
      const [bytes] = await Promise.all([
        buffer(workbook),
        writeTemplateWorkbook(type, definitions, workbook),
      ]);
      await writeFile(out, bytes);
      note(`Written: ${out} · 已生成`);
      return;
    }
    const text = csvTemplate(type, definitions);
    if (options.out === undefined) {
      print(text.trimEnd());
      return;
    }
    await writeFile(options.out, text);
    note(`Written: ${options.out} · 已生成`);
  });
}
