// What the simulated city holds: messages and their receipts, records once by id and version, its notice
// feed and the feedback it got. Everything is in a journal before it is answered.
import { join } from 'node:path';
import { shanghaiDay, type Clock } from '../core/clock.js';
import type { Operation } from '../core/words.js';
import type { CityMessage, CityRecord, Refusal } from './city-message.js';
import { openJournal } from './journal.js';

export interface Failure extends Refusal {
  readonly index: number;
}

export interface Receipt {
  readonly receiptId: string;
  readonly receivedAt: string;
  readonly totalSize: number;
  readonly failures: readonly Failure[];
}

export interface HeldVersion {
  readonly version: number;
  readonly operation: Operation;
  readonly digest: string;
  readonly receivedAt: string;
  readonly tableCode: string;
}

export interface OfferedNotice {
  /** Its place in the notice feed, from 1. */
  readonly id: string;
  readonly time: string;
  readonly notice: Readonly<Record<string, unknown>>;
}

export interface Feedback {
  readonly key: string;
  readonly noticeId: string;
  readonly receivedAt: string;
  readonly body: unknown;
}

export interface LedgerSummary {
  readonly messages: number;
  /** Messages that came again under their id since the start. */
  readonly repeatedMessages: number;
  readonly records: number;
  /** Records once by id and version. */
  readonly versions: number;
  /** Versions that came after a later one of their record. */
  readonly outOfOrder: number;
  /** Versions that came again with another digest. */
  readonly conflicts: number;
}

/** What is held of a record that was answered as taken; undefined where it is lost. */
export type Keep = (record: CityRecord) => Pick<CityRecord, 'version' | 'operation' | 'digest'> | undefined;

export interface CityLedger {
  /**
   * Takes a message with the refusals of single records; one that is known by its id gets its first receipt again.
   * `keep` says what is really held of each record that was not refused.
   */
  take(message: CityMessage, failures: readonly Failure[], keep?: Keep): Promise<Receipt>;
  offer(notice: OfferedNotice['notice']): Promise<OfferedNotice>;
  /** Keeps a feedback; true where its key is new. */
  keep(feedback: Omit<Feedback, 'receivedAt'>): Promise<boolean>;
  readonly records: ReadonlyMap<string, readonly HeldVersion[]>;
  /** Grows with everything that changes `records`. */
  revision(): number;
  readonly notices: readonly OfferedNotice[];
  readonly feedback: readonly Feedback[];
  summary(): LedgerSummary;
  close(): Promise<void>;
}

type Line = readonly [id: string, version: number, operation: Operation, digest: string];

interface MessageEntry extends Receipt {
  readonly kind: 'message';
  readonly messageId: string;
  readonly tableCode: string;
  readonly lines: readonly Line[];
  /** Sent once more because it was asked for: it takes the place of what is held. */
  readonly resend?: true;
}

type Entry =
  MessageEntry | ({ readonly kind: 'notice' } & OfferedNotice) | ({ readonly kind: 'feedback' } & Feedback);

interface Holdings {
  readonly receipts: Map<string, Promise<Receipt>>;
  readonly records: Map<string, HeldVersion[]>;
  revision: number;
  readonly notices: OfferedNotice[];
  lastNotice: number;
  readonly feedback: Feedback[];
  readonly feedbackKeys: Set<string>;
  readonly counts: { repeatedMessages: number; versions: number; outOfOrder: number; conflicts: number };
}

/** Opens the ledger in a folder, with all that an earlier city left there. */
export async function openCityLedger(folder: string, clock: Clock): Promise<CityLedger> {
  const held: Holdings = {
    receipts: new Map(),
    records: new Map(),
    revision: 0,
    notices: [],
    lastNotice: 0,
    feedback: [],
    feedbackKeys: new Set(),
    counts: { repeatedMessages: 0, versions: 0, outOfOrder: 0, conflicts: 0 },
  };
  const journal = await openJournal<Entry>(join(folder, 'city-ledger.ndjson'), (entry) => hold(held, entry));
  const write = async (entry: Entry): Promise<void> => {
    await journal.append(entry);
    if (entry.kind !== 'message') hold(held, entry);
  };
  return {
    take: (message, failures, keep = (record) => record) => {
      const known = held.receipts.get(message.messageId);
      if (known !== undefined) {
        held.counts.repeatedMessages += 1;
        return known;
      }
      const entry = messageEntry(message, failures, { at: clock(), number: held.receipts.size + 1, keep });
      const receipt = journal.append(entry).then(() => holdRecords(held, entry));
      held.receipts.set(message.messageId, receipt);
      // What could not be written was not received: the next try starts afresh.
      receipt.catch(() => held.receipts.delete(message.messageId));
      return receipt;
    },
    offer: async (notice) => {
      held.lastNotice += 1;
      const offered = { id: String(held.lastNotice), time: clock().toISOString(), notice };
      await write({ kind: 'notice', ...offered });
      return offered;
    },
    keep: async ({ key, noticeId, body }) => {
      if (held.feedbackKeys.has(key)) return false;
      held.feedbackKeys.add(key);
      await write({ kind: 'feedback', key, noticeId, receivedAt: clock().toISOString(), body });
      return true;
    },
    records: held.records,
    revision: () => held.revision,
    notices: held.notices,
    feedback: held.feedback,
    summary: () => ({ ...held.counts, messages: held.receipts.size, records: held.records.size }),
    close: journal.close,
  };
}

function messageEntry(
  message: CityMessage,
  failures: readonly Failure[],
  at: { at: Date; number: number; keep: Keep },
): MessageEntry {
  const refused = new Set(failures.map(({ index }) => index));
  return {
    kind: 'message',
    messageId: message.messageId,
    tableCode: message.tableCode,
    receiptId: `TJ${shanghaiDay(at.at).replaceAll('-', '')}-${String(at.number).padStart(8, '0')}`,
    receivedAt: at.at.toISOString(),
    totalSize: message.body.length,
    failures,
    lines: message.body.flatMap((record, index): Line[] => {
      const kept = refused.has(index) ? undefined : at.keep(record);
      return kept === undefined ? [] : [[record.id, kept.version, kept.operation, kept.digest]];
    }),
    ...(message.resend === true ? { resend: true } : {}),
  };
}

function hold(held: Holdings, entry: Entry): void {
  switch (entry.kind) {
    case 'message':
      held.receipts.set(entry.messageId, Promise.resolve(holdRecords(held, entry)));
      break;
    case 'notice':
      held.notices.push({ id: entry.id, time: entry.time, notice: entry.notice });
      held.lastNotice = Math.max(held.lastNotice, held.notices.length);
      break;
    case 'feedback': {
      const { key, noticeId, receivedAt, body } = entry;
      held.feedbackKeys.add(key);
      held.feedback.push({ key, noticeId, receivedAt, body });
      break;
    }
  }
}

function holdRecords(held: Holdings, entry: MessageEntry): Receipt {
  const { receiptId, receivedAt, totalSize, failures, tableCode } = entry;
  for (const [id, version, operation, digest] of entry.lines) {
    const versions = held.records.get(id) ?? [];
    if (versions.length === 0) held.records.set(id, versions);
    const same = versions.find((each) => each.version === version);
    if (same !== undefined) {
      // A resend has a receipt of its own, and belongs to its day; any other repeat changes nothing.
      if (entry.resend === true)
        versions[versions.indexOf(same)] = { ...same, operation, digest, receivedAt };
      else if (same.digest !== digest) held.counts.conflicts += 1;
      continue;
    }
    if (versions.some((each) => each.version > version)) held.counts.outOfOrder += 1;
    versions.push({ version, operation, digest, receivedAt, tableCode });
    held.counts.versions += 1;
  }
  held.revision += 1;
  return { receiptId, receivedAt, totalSize, failures };
}
