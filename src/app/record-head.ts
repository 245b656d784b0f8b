// What stands at the head of a record wherever it is shown: who says it of whom, and how it stands. Nothing that is kept
// to find it by comes along.
import { withoutIndex } from '../core/mask.js';
import { OPENNESS } from '../core/openness.js';
import { standingOf, type RecordStanding } from '../core/record-standing.js';
import { codeOfSubject } from '../core/subject.js';

export interface StoredHead {
  readonly recordType: string;
  readonly agency: string;
  readonly version: number;
  readonly subject: string;
  readonly documentNumber: string;
  readonly endsOn: string | null;
  /** Level of openness; null where nothing is narrower than the catalogue. */
  readonly openness: number | null;
}

export interface RecordHeadView {
  readonly recordType: string;
  readonly agency: string;
  readonly version: number;
  readonly state: RecordStanding;
  /** Null for persons. */
  readonly code: string | null;
  readonly documentNumber: string;
  readonly endsOn: string | null;
  /** What is narrower than the catalogue; null where nothing is. */
  readonly openness: string | null;
}

/** Gives the head of a record for showing. */
export function viewHead(head: StoredHead & Parameters<typeof standingOf>[0]): RecordHeadView {
  const { recordType, agency, version, endsOn } = head;
  return {
    ...{ recordType, agency, version, state: standingOf(head), code: codeOfSubject(head.subject) },
    ...{ documentNumber: withoutIndex(head.documentNumber), endsOn, openness: opennessOf(head) },
  };
}

/** Names the openness of a version. */
export function opennessOf({ openness }: { readonly openness: number | null }): string | null {
  return openness === null ? null : (OPENNESS[openness] ?? null);
}
