// What a reader of some openness may see of the change log, as SQL. A record that is narrower than the reader's level
// is not there for it; one that has become narrower has ended for it, and one that it never saw does not end. What a
// record says is shown to nobody once its last day is over, whether or not it has been ended by then.

/** The operation of a version, `v` if not told, to a reader of the level `$n`: `u`, `d`, or `-` where there is nothing for it. */
export function operationTo(level: string, v = 'v'): string {
  const isOpen = (version: string): string => `coalesce(${version}.openness, 0) <= ${level}`;
  // Of a version that is gone with its retention the next one tells how open it was.
  const wasHidden = `coalesce(${v}.openness_before, 0) > ${level} or exists (select from record_versions before where before.record_id = ${v}.record_id
      and before.version = ${v}.version - 1 and not (${isOpen('before')}))`;
  return `case when ${isOpen(v)} then ${v}.operation::text
       when ${v}.operation = 'd' or ${v}.version = 1 or ${wasHidden} then '-' else 'd' end`;
}

/** Tells whether the last day of the record is over on the day `$n`, by this version: it is the current one and nothing has ended it yet. */
export function isOver(version: string, today: string): string {
  // The first comparison keeps records without an end from costing anything.
  return `(${version}.ends_on is not null and ${version}.ends_on < ${today}::date and ${version}.operation = 'u'
      and not exists (select from record_versions newer
        where newer.record_id = ${version}.record_id and newer.version > ${version}.version))`;
}

/** Tells whether a later version than `v` ends the record for a reader of the level `$n`, or its last day is over on the day `$m`. */
export function endsLaterFor(level: string, today: string): string {
  return `exists (select from record_versions later where later.record_id = v.record_id and later.version > v.version
      and (later.operation = 'd' or coalesce(later.openness, 0) > ${level} or ${isOver('later', today)}))`;
}
