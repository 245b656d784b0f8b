// Which cell formats of a workbook show a number as a date or a time: by their built-in id (ECMA-376 part 1,
// 18.8.30, with those of East Asia), or by the letters of their own code.
import { MAIN } from './office-names.js';
import { readXmlPart, type XmlElement } from './xml-part.js';

/** How a number is shown; `elapsed` is a time that goes beyond 24 hours. */
export type NumberKind = 'number' | 'date' | 'time' | 'elapsed';

const BUILT_IN: ReadonlyMap<number, NumberKind> = new Map([
  ...ids(14, 17, 'date'),
  ...ids(18, 21, 'time'),
  ...ids(22, 22, 'date'),
  ...ids(27, 31, 'date'),
  ...ids(32, 35, 'time'),
  ...ids(36, 36, 'date'),
  ...ids(45, 45, 'time'),
  ...ids(46, 46, 'elapsed'),
  ...ids(47, 47, 'time'),
  ...ids(50, 54, 'date'),
  ...ids(55, 56, 'time'),
  ...ids(57, 58, 'date'),
]);

function ids(first: number, last: number, kind: NumberKind): (readonly [number, NumberKind])[] {
  return Array.from({ length: last - first + 1 }, (_, i) => [first + i, kind] as const);
}

/** Reads the styles; gives what each cell format, by its index, makes of a number. */
export async function readNumberKinds(pieces: AsyncIterable<Buffer>, part: string): Promise<NumberKind[]> {
  const codes = new Map<number, NumberKind>();
  const kinds: NumberKind[] = [];
  let section = '';
  await readXmlPart(pieces, part, (element: XmlElement) => {
    if (!MAIN.includes(element.namespace)) return;
    if (element.depth === 2) section = element.local;
    if (element.depth !== 3) return;
    const id = Number(element.attribute('numFmtId') ?? 0);
    if (section === 'numFmts') codes.set(id, kindOfCode(element.attribute('formatCode') ?? ''));
    if (section === 'cellXfs') kinds.push(codes.get(id) ?? BUILT_IN.get(id) ?? 'number');
  });
  return kinds;
}

/** Quoted text, escaped, padded and repeated characters, and all that stands in brackets. */
const SILENT = /"[^"]*"|[\\_*].|\[[^\]]*\]/gsu;
const ELAPSED = /\[(h+|m+|s+)\]/i;

/** Tells how a format code shows a number, by the first of its sections that says so. */
export function kindOfCode(code: string): NumberKind {
  for (const section of code.replaceAll(/"[^"]*"|\\./gsu, '').split(';')) {
    if (ELAPSED.test(section)) return 'elapsed';
    const letters = section.replaceAll(SILENT, '').replaceAll(/general|e[+-]/gi, '');
    const hasTime = /[hs]|am\/pm|a\/p|上午|下午/i.test(letters);
    if (/[yd]|aaa|g+e|^e+[^\d0#?]/i.test(letters) || (/m/i.test(letters) && !hasTime)) return 'date';
    if (hasTime) return 'time';
  }
  return 'number';
}
