// Names in a folder are data, never paths: which of them offer a file, how they are shown, and the names
// under which the files are kept.
import path from 'node:path';
import { ANY_DAY, maskPersonalNumbersIn } from '../../core/mask.js';
import type { Format } from '../../core/words.js';

/** Endings of files that somebody is still writing, and of the marks that say a file is complete. */
const UNFINISHED = /\.(part|filepart|tmp|crdownload|done)$/;
// Line breaks, control characters, marks that turn the direction of writing, what parts a path anywhere, and stars, which Windows
// does not know.
const UNSAFE = /[\p{Cc}\u2028-\u202e\u2066-\u2069\\/*]/gu;
/** With a date, a number and the ending of a report behind it a name stays below 255 bytes, the most that disks take. */
const MOST_BYTES = 180;
const MOST_ENDING = 16;
const FORMATS: Readonly<Record<string, Format>> = {
  '.csv': 'csv',
  '.xlsx': 'xlsx',
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.xml': 'xml',
};

/** Tells whether a name offers a file, and is none that an editor or an upload under way leaves. */
export function isOffered(name: Buffer): boolean {
  const text = name.toString('latin1').toLowerCase();
  return !text.startsWith('.') && !text.startsWith('~$') && !UNFINISHED.test(text);
}

/** Gives a keyed index of a text: equal for equal texts, useless without the key. */
export type KeyedIndex = (text: string) => string;

/** Gives the name under which a file is noted and the one under which it is shown: neither holds a personal number. */
export function namesOf(name: Buffer, index: KeyedIndex): { readonly name: Buffer; readonly shown: string } {
  const plain = showName(name);
  const shown = maskPersonalNumbersIn(plain, ANY_DAY);
  if (shown === plain) return { name, shown };
  return { name: Buffer.from(`${shown}#${index(name.toString('latin1'))}`), shown };
}

/** Shows a name: UTF-8, or GB18030 as Windows programs write it. */
export function showName(name: Buffer): string {
  for (const charset of ['utf-8', 'gb18030']) {
    try {
      return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(name);
    } catch {
      // Bytes of another charset; the next one is tried.
    }
  }
  return name.toString('latin1');
}

/** Gives the names under which a file may be kept, the best first; `day` and a number tell it from earlier ones. */
export function* keptNames(shown: string, day: string): Generator<string, never> {
  const safe = shown.replace(UNSAFE, '_');
  const found = path.extname(safe);
  const ending = Buffer.byteLength(found) <= MOST_ENDING ? found : '';
  const stem = shorten(safe.slice(0, safe.length - ending.length), MOST_BYTES - Buffer.byteLength(ending));
  yield `${stem}${ending}`;
  yield `${stem}-${day}${ending}`;
  for (let number = 2; ; number += 1) yield `${stem}-${day}-${number}${ending}`;
}

/** Gives the form that the ending of a name declares. */
export function declaredFormat(shown: string): Format | undefined {
  return FORMATS[path.extname(shown).toLowerCase()];
}

function shorten(text: string, mostBytes: number): string {
  if (Buffer.byteLength(text) <= mostBytes) return text;
  let kept = '';
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > mostBytes) break;
    kept += character;
  }
  return kept;
}
