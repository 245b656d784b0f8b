// Whether a record may be used: in force, withdrawn (by a row, a removal from its list or by itself), or over.

export type RecordStanding = 'in-force' | 'withdrawn' | 'ended';

/** Tells how a record stands by its current version: what it does, and where it came from. */
export function standingOf(current: {
  readonly operation: 'u' | 'd';
  readonly origin: string;
}): RecordStanding {
  if (current.operation === 'u') return 'in-force';
  return current.origin === 'ended' ? 'ended' : 'withdrawn';
}
