// The kind of counterpart of a record against the kinds that the catalogue allows for its type. A type whose
// schema knows no kinds is told by what it has: an ID number makes a natural person, all else an organisation.
import { COUNTERPART_KINDS, NATURAL_PERSON, ORGANISATION } from '../core/definitions.js';
import type { Problem } from '../core/problems.js';
import type { NormalisedRow } from '../core/rows.js';
import type { BatchContext, RecordType } from './record-type.js';

const NONE: readonly Problem[] = [];

/** Compiles the check; kinds that are no official value are told by the schema. */
export function compileKindCheck(
  { schema }: RecordType,
  columnOf: (field: string) => string,
  { counterpartKinds }: BatchContext,
): (row: NormalisedRow) => readonly Problem[] {
  const allowed = new Set(counterpartKinds);
  const hasKind = schema.properties['counterpartKind'] !== undefined;
  return ({ row, record }) => {
    const told = record['counterpartIdNumber'] === undefined ? ORGANISATION : NATURAL_PERSON;
    const kind = hasKind ? record['counterpartKind'] : told;
    if (typeof kind !== 'string' || allowed.has(kind) || !KINDS.has(kind)) return NONE;
    const column = columnOf(hasKind ? 'counterpartKind' : schema.identity.name);
    return [{ row, code: 'subject.kind-not-allowed', column, severity: 'error', details: { kind } }];
  };
}

const KINDS: ReadonlySet<string> = new Set(Object.values(COUNTERPART_KINDS));
