// How long each kind of thing is kept: what the catalogue says of the record type, else what holds for all.
import type { CatalogueEntry } from './catalogue.js';
import type { Retention } from './configuration.js';

export type KeptDays = number | 'unlimited';

/** What is kept for a time, each kind for its own. */
export const KEPT_KINDS = ['originals', 'rejectedRows', 'problems', 'oldVersions'] as const;
export type KeptKind = (typeof KEPT_KINDS)[number];

export interface Keeping {
  /** Of types that say nothing of their own, or are in the catalogue no longer. */
  readonly others: KeptDays;
  readonly byType: ReadonlyMap<string, KeptDays>;
}

/** Gives how long a kind of thing is kept, for each type that says it itself and for all others. */
export function keepingOf(
  kind: KeptKind,
  { retention, catalogue }: { retention: Retention; catalogue: readonly TypeKeeping[] },
): Keeping {
  const own = catalogue.flatMap((entry) => {
    const days = entry.retention[`${kind}Days`];
    return days === undefined ? [] : [[entry.type, days] as const];
  });
  return { others: retention[kind].days, byType: new Map(own) };
}

export type TypeKeeping = Pick<CatalogueEntry, 'type' | 'retention'>;

/** What is known of deliveries to destinations, whatever their types. */
export type GeneralKind = Exclude<keyof Retention, KeptKind | 'feed'>;
