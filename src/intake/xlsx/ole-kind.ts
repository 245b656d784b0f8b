// What an OLE compound file holds, by the names in its directory, which are UTF-16: a workbook that Excel
// encrypted lies in one too.

export type OleKind = 'encrypted-workbook' | 'legacy-excel' | 'legacy-word' | 'other';

const KINDS: readonly (readonly [name: string, kind: OleKind])[] = [
  ['EncryptedPackage', 'encrypted-workbook'],
  ['WordDocument', 'legacy-word'],
  ['Workbook', 'legacy-excel'],
  ['Book', 'legacy-excel'],
];
const SEARCHED_BYTES = 262_144;

/** Tells what the beginning of an OLE file is; `other` where its directory lies further behind. */
export function oleKind(bytes: Buffer): OleKind {
  const searched = bytes.subarray(0, SEARCHED_BYTES);
  return KINDS.find(([name]) => searched.includes(name, 0, 'utf16le'))?.[1] ?? 'other';
}
