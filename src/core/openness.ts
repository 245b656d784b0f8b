// How open a record is: the narrowest of what the catalogue says of its type, of what its class allows and of what
// the record itself states. A reader sees what is as open as the reader's own level, or more so.

/** From the widest to the narrowest: for everybody, between authorities, on authorisation alone. */
export const OPENNESS = ['public', 'shared', 'authorised'] as const;
export type Openness = (typeof OPENNESS)[number];

/** Gives a level as it is stored and compared: the greater, the narrower. */
export function opennessLevel(openness: Openness): number {
  return OPENNESS.indexOf(openness);
}

/** Gives the narrowest of these; public where there is none. */
export function narrowest(given: readonly (Openness | undefined)[]): Openness {
  const levels = given.map((openness) => (openness === undefined ? 0 : opennessLevel(openness)));
  return OPENNESS[Math.max(0, ...levels)] ?? 'authorised';
}

/** Tells whether a reader of a level may see what has this openness. */
export function isOpenTo(reader: Openness, openness: Openness): boolean {
  return opennessLevel(openness) <= opennessLevel(reader);
}
