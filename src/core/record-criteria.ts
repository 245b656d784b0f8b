// By what records are searched: as somebody asks for them, and as they are stored.

export const CRITERIA = ['documentNumber', 'code', 'name', 'idNumber', 'batch', 'position', 'type'] as const;
export type Criterion = (typeof CRITERIA)[number];

/** What somebody asks for, not yet in any form; at least one is there. */
export type RecordCriteria = Readonly<{ [name in Exclude<Criterion, 'position'>]?: string | undefined }> & {
  readonly position?: number | undefined;
};

/** What was found, a page of it. */
export interface RecordsFound<Found extends object = object> {
  readonly records: readonly Found[];
  /** Position behind which the next page begins; null at the end. */
  readonly next: number | null;
  /** Why records may be missing here; null where none is. */
  readonly incomplete: { readonly message: string; readonly messageZh: string } | null;
}

/** The criteria in the forms in which records are stored; null is no criterion. */
export interface RecordKeys {
  readonly agency: string | null;
  readonly subjects: readonly string[] | null;
  readonly documentNumbers: readonly string[] | null;
  readonly nameKey: number | null;
  readonly batch: string | null;
  readonly position: number | null;
  readonly type: string | null;
}
