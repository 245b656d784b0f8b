// A search for records by right: an agency among its own, operators and auditors among all. Which records were shown to
// whom is written down before the answer goes out; by what was asked, by name of the criterion alone.
import { actorOf } from '../core/audit-entry.js';
import { shanghaiDay } from '../core/clock.js';
import type { RecordsFound } from '../core/record-criteria.js';
import type { WriteDown } from '../db/gathered-audit.js';
import { searchRecords, type FoundRecord } from '../db/record-search.js';
import { isFilledIn } from '../db/search-backfill.js';
import type { RecordSearch } from '../http/deps.js';
import { searchKeys } from '../records/search-keys.js';
import type { Foundation } from './gateway.js';
import { nameFieldsOf } from './name-fields.js';
import { viewHead, type RecordHeadView } from './record-head.js';

export interface RecordView extends RecordHeadView {
  readonly id: string;
  readonly name: string | null;
  readonly changedAt: Date;
  readonly batch: string | null;
  readonly row: number | null;
  readonly position: number;
}

const INCOMPLETE = {
  message:
    'What earlier records are found by name with is still being filled in, so some may be missing. Search again later; other criteria find all.',
  messageZh: '早期记录的名称索引正在补建，按名称查询的结果可能不全；请稍后重新查询，其他查询条件不受影响。',
} as const;

/** Finds records; `next` is the position of the last one where there are more. */
export async function findRecords(
  search: RecordSearch,
  { storage, site, clock }: Pick<Foundation, 'storage' | 'site' | 'clock'>,
  writeDown: WriteDown,
): Promise<RecordsFound<RecordView>> {
  const { caller, criteria, after, limit } = search;
  const { index } = storage.sealer;
  const at = clock();
  const keys = searchKeys(criteria, { agency: caller.agency, index, today: shanghaiDay(at) });
  // Before the search: what is filled in while it looks may have been missed.
  const isWhole = criteria.name === undefined || (await isFilledIn(storage.database));
  const found = await searchRecords(storage.database, { keys, after, limit: limit + 1 });
  const shown = found.slice(0, limit);
  const by = Object.entries(criteria).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (shown.length > 0)
    await writeDown({
      at,
      actor: actorOf(caller),
      action: 'records.searched',
      object: 'records',
      details: { by, count: shown.length, records: shown.map(({ recordId }) => recordId) },
    });
  const nameFieldOf = nameFieldsOf(site);
  return {
    records: shown.map((record) => viewRecord(record, nameFieldOf(record.recordType))),
    next: found.length > limit ? (shown.at(-1)?.position ?? null) : null,
    incomplete: isWhole ? null : INCOMPLETE,
  };
}

function viewRecord(record: FoundRecord, nameField: string): RecordView {
  const said = record.data === null ? {} : (JSON.parse(record.data) as Record<string, unknown>);
  const name = said[nameField];
  return {
    id: record.recordId,
    ...viewHead(record),
    name: typeof name === 'string' ? name : null,
    changedAt: record.changedAt,
    batch: record.batchId,
    row: record.batchId === null ? null : record.row,
    position: record.position,
  };
}
