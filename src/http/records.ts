// Finding records and telling the story of one. A personal number never stands in a URL, where proxies and logs keep
// it: what passes as one is asked for in the body of a POST.
import type { Request, RequestHandler } from 'express';
import { GatewayError } from '../core/errors.js';
import { ANY_DAY, holdsPersonalNumber } from '../core/mask.js';
import { hasControlCharacters, normaliseCode } from '../core/normalise-text.js';
import { CRITERIA, type Criterion, type RecordCriteria, type RecordsFound } from '../core/record-criteria.js';
import { UUID } from '../core/uuid.js';
import { callerOf } from './authenticate.js';
import type { HttpDeps } from './deps.js';
import { readMembers } from './json-body.js';
import { recordUnknown } from './record-decisions.js';
import { readLimit, readText, readWhole } from './query.js';

const MAX_RECORDS = 100;
const MAX_VERSIONS = 100;
const MAX_CHARACTERS = 500;
const PLACE = /^p([0-9]{1,15})$/;
const PAGING = ['after', 'limit'] as const;

type Given = Readonly<Partial<Record<Criterion | (typeof PAGING)[number], unknown>>>;

/** Makes the handler of `GET /v1/records`. */
export function findRecords(deps: HttpDeps): RequestHandler {
  return async (request, response) => {
    const given = readQuery(request);
    const search = { caller: callerOf(response), ...readSearch(given) };
    response.json(pageOf(await deps.searchRecords(search)));
  };
}

/** Makes the handler of `POST /v1/records/search`. */
export function searchRecords(deps: HttpDeps): RequestHandler {
  return async (request, response) => {
    const given = readMembers(request.body, [...CRITERIA, ...PAGING]);
    const search = { caller: callerOf(response), ...readSearch(given) };
    response.json(pageOf(await deps.searchRecords(search)));
  };
}

/** Makes the handler of `GET /v1/records/{id}`. */
export function tellRecord(deps: HttpDeps): RequestHandler<{ record: string }> {
  return async (request, response) => {
    const { record } = request.params;
    const page = {
      after: readWhole(request as Request, 'after', 0) ?? 0,
      limit: readLimit(request as Request, MAX_VERSIONS),
    };
    const caller = callerOf(response);
    const story = UUID.test(record)
      ? await deps.tellRecord({ recordId: record.toLowerCase(), caller, ...page })
      : null;
    if (story === null) throw recordUnknown();
    response.json(story);
  };
}

function pageOf({ records, next, incomplete }: RecordsFound): object {
  return { records, next: next === null ? null : Buffer.from(`p${next}`).toString('base64url'), incomplete };
}

function readQuery(request: Request): Given {
  const names = Object.keys(request.query);
  const known: readonly string[] = [...CRITERIA, ...PAGING];
  for (const name of names) {
    // Not repeated: it may be a personal number itself.
    if (!known.includes(name))
      throw new GatewayError(
        'request.malformed',
        `A parameter is not known; there are ${known.join(', ')}.`,
        {
          detailZh: `有未知的参数；可用的参数为 ${known.join('、')}。`,
        },
      );
    if (name === 'idNumber' || isPersonal(readText(request, name) ?? ''))
      throw malformed(
        name,
        'may not hold a personal number: addresses are kept in logs. Send it to POST /v1/records/search instead',
      );
  }
  const given = Object.fromEntries(names.map((name) => [name, readText(request, name)])) as Given;
  return { ...given, ...wholeNumbers(request, ['position', 'limit']) };
}

/** As a text, and as a code is read: without blanks and in half width. */
function isPersonal(text: string): boolean {
  return holdsPersonalNumber(text, ANY_DAY) || holdsPersonalNumber(normaliseCode(text), ANY_DAY);
}

function wholeNumbers(request: Request, names: readonly ('position' | 'limit')[]): Given {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = readWhole(request, name, 1);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function readSearch(given: Given): { criteria: RecordCriteria; after: number; limit: number } {
  const criteria: RecordCriteria = {
    documentNumber: textOf(given, 'documentNumber'),
    code: textOf(given, 'code'),
    name: textOf(given, 'name'),
    idNumber: textOf(given, 'idNumber'),
    batch: uuidOf(textOf(given, 'batch')),
    position: wholeOf(given, 'position'),
    type: textOf(given, 'type'),
  };
  if (CRITERIA.every((name) => criteria[name] === undefined))
    throw new GatewayError(
      'request.malformed',
      `Give at least one criterion: ${CRITERIA.join(', ')} (idNumber with POST /v1/records/search only).`,
      { detailZh: `请至少提供一个查询条件：${CRITERIA.join('、')}。` },
    );
  const limit = Math.min(wholeOf(given, 'limit') ?? MAX_RECORDS, MAX_RECORDS);
  return { criteria, after: placeOf(textOf(given, 'after')), limit };
}

function textOf(given: Given, name: keyof Given): string | undefined {
  const value = given[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw malformed(name, 'must be a text');
  if (value.trim() === '' || [...value].length > MAX_CHARACTERS || hasControlCharacters(value))
    throw malformed(name, `must be a text of 1 to ${MAX_CHARACTERS} characters`);
  return value;
}

function wholeOf(given: Given, name: 'position' | 'limit'): number | undefined {
  const value = given[name];
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw malformed(name, 'must be a whole number from 1 on');
}

function uuidOf(batch: string | undefined): string | undefined {
  if (batch === undefined || UUID.test(batch)) return batch;
  throw malformed('batch', 'must be the id of a batch');
}

function placeOf(after: string | undefined): number {
  if (after === undefined) return 0;
  const place = PLACE.exec(Buffer.from(after, 'base64url').toString('latin1'))?.[1];
  if (place === undefined) throw malformed('after', 'must be the next of an earlier page');
  return Number(place);
}

function malformed(parameter: string, why: string): GatewayError {
  return new GatewayError('request.malformed', `The parameter ${parameter} ${why}.`, {
    details: { parameter },
    detailZh: `参数 ${parameter} 有误。`,
  });
}
