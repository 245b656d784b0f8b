// Sending to a destination once more what it was sent: ordering it, looking before one does, listing, cancelling.
import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { GatewayError } from '../core/errors.js';
import { UUID } from '../core/uuid.js';
import { callerOf } from './authenticate.js';
import type { HttpDeps, ReplaySelection } from './deps.js';
import { mustGiveReason } from './held.js';
import { readMembers } from './json-body.js';
import { readLimit, readText, readWhole } from './query.js';

const MAX_RECORDS = 10_000;
const MAX_LIST = 100;
const NAME = /^[a-z][a-z0-9-]{0,63}$/;
const MAX_VERSION = 2 ** 31 - 1;
const MEMBERS = ['id', 'reason', 'positions', 'recordType', 'agency', 'batch', 'records'] as const;

type To = { destination: string };

/** Makes the handler of `POST /v1/destinations/{destination}/replay`; 202 for a new order, 200 for one that is there, or for a preview. */
export function orderReplay(deps: HttpDeps): RequestHandler<To> {
  return async (request, response) => {
    const { destination } = request.params;
    const { id = randomUUID(), reason, ...words } = readMembers(request.body, MEMBERS);
    const selection = readSelection(words);
    if (isPreview(request)) {
      response.json({ preview: true, ...(await deps.previewReplay(destination, selection)) });
      return;
    }
    const order = { id: readUuid(id, 'id'), selection, caller: callerOf(response) };
    const ordered = await deps.orderReplay(destination, { ...order, reason: mustGiveReason({ reason }) });
    response.status(ordered.isNew ? 202 : 200).json(ordered.replay);
  };
}

/** Makes the handler of `GET /v1/destinations/{destination}/replays`. */
export function listReplays(deps: HttpDeps): RequestHandler<To> {
  return async (request, response) => {
    const asked = request as unknown as Request;
    const page = { before: readWhole(asked, 'before', 1), limit: readLimit(asked, MAX_LIST) };
    response.json(await deps.listReplays(request.params.destination, page));
  };
}

/** Makes the handler of `POST /v1/destinations/{destination}/replays/{replay}/cancel`; a reason is required. */
export function cancelReplay(deps: HttpDeps): RequestHandler<To & { replay: string }> {
  return async (request, response) => {
    const { destination, replay } = request.params;
    const reason = mustGiveReason(request.body);
    const id = UUID.test(replay) ? replay.toLowerCase() : undefined;
    response.json(await deps.cancelReplay(destination, { id, reason, caller: callerOf(response) }));
  };
}

/** Tells whether only a preview is asked for; throws `request.malformed`. */
export function isPreview(request: Request): boolean {
  const preview = readText(request, 'preview') ?? 'false';
  if (preview === 'true' || preview === 'false') return preview === 'true';
  throw malformed('preview must be true or false', 'preview 应为 true 或 false');
}

type Words = Partial<Record<Exclude<(typeof MEMBERS)[number], 'id' | 'reason'>, unknown>>;

function readSelection({ positions, recordType, agency, batch, records }: Words): ReplaySelection {
  const words = [positions, recordType, agency, batch].filter((word) => word !== undefined);
  if ((records === undefined) === (words.length === 0))
    throw malformed(
      'Select by positions, recordType, agency and batch, or name records; one of the two',
      '请按 positions、recordType、agency、batch 选择，或列出 records，二者取一',
    );
  if (records !== undefined) return { records: readRecords(records) };
  return {
    ...(positions === undefined ? {} : { positions: readPositions(positions) }),
    ...(recordType === undefined ? {} : { recordType: readName(recordType, 'recordType') }),
    ...(agency === undefined ? {} : { agency: readName(agency, 'agency') }),
    ...(batch === undefined ? {} : { batch: readUuid(batch, 'batch') }),
  };
}

function readPositions(given: unknown): { from: number; to?: number } {
  const { from, to } = readMembers(given, ['from', 'to']);
  const isRange =
    isWhole(from, Number.MAX_SAFE_INTEGER) &&
    (to === undefined || (isWhole(to, Number.MAX_SAFE_INTEGER) && to >= from));
  if (isRange) return to === undefined ? { from } : { from, to };
  throw malformed(
    'positions needs a whole number from, and may have a whole number to that is not smaller',
    'positions 应含整数 from，可含不小于 from 的整数 to',
  );
}

function readRecords(given: unknown): { id: string; version?: number }[] {
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_RECORDS)
    throw malformed(
      `records must name 1 to ${MAX_RECORDS} records`,
      `records 应列出 1 至 ${MAX_RECORDS} 条记录`,
    );
  return given.map((each: unknown) => {
    const { id, version } = readMembers(each, ['id', 'version']);
    if (version === undefined) return { id: readUuid(id, 'id') };
    if (!isWhole(version, MAX_VERSION)) throw malformed('version must be a whole number', 'version 应为整数');
    return { id: readUuid(id, 'id'), version };
  });
}

function isWhole(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most;
}

function readUuid(value: unknown, name: string): string {
  if (typeof value === 'string' && UUID.test(value)) return value.toLowerCase();
  throw malformed(`${name} must be a UUID`, `${name} 应为 UUID`);
}

function readName(value: unknown, name: string): string {
  if (typeof value === 'string' && NAME.test(value)) return value;
  throw malformed(`${name} must be an id of the configuration`, `${name} 应为配置中的编号`);
}

function malformed(what: string, whatZh: string): GatewayError {
  return new GatewayError('request.malformed', `${what}.`, { detailZh: `${whatZh}。` });
}
