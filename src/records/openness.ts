// How open a record is beyond what the catalogue says of its type: its class may keep it from being published, and a
// field of its own may state how far it may be shown.
import type { CanonicalRecord } from '../core/definitions.js';
import { narrowest, opennessLevel, type Openness } from '../core/openness.js';

export interface OpennessPlan {
  /** The field in which records state it. */
  readonly field: string;
  /** What its values mean. */
  readonly values: ReadonlyMap<string, Openness>;
}

/** Gives the stored level; null where nothing is narrower than the catalogue. */
export type OpennessOf = (record: CanonicalRecord, isPublished: boolean) => number | null;

const SHARED = opennessLevel('shared');

/** Compiles the look at one type for one batch. */
export function compileOpenness(plan: OpennessPlan | undefined): OpennessOf {
  if (plan === undefined) return (_, isPublished) => (isPublished ? null : SHARED);
  const { field, values } = plan;
  return (record, isPublished) => {
    const stated = record[field];
    if (stated === undefined && isPublished) return null;
    // A value that means nothing here is no licence to show: the schema has refused it before.
    const own = typeof stated === 'string' ? values.get(stated) : undefined;
    const level = opennessLevel(narrowest([own, isPublished ? undefined : 'shared']));
    return level === 0 ? null : level;
  };
}
