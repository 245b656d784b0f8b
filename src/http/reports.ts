// What is wrong with the rows of a batch: as JSON in pages, as one CSV, and in the agency's own rows.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, RequestHandler, Response } from 'express';
import { GatewayError } from '../core/errors.js';
import { callerOf } from './authenticate.js';
import { ownBatch } from './batches.js';
import type { HttpDeps } from './deps.js';
import { MAX_LIMIT, readLimit, readText } from './query.js';
import { sendFile } from './send-file.js';
import { openTurns } from './turns.js';

export const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

const PLACE = /^\d{1,15}\.\d{1,9}$/;
const CSV = 'text/csv';
/** A workbook takes a processor and some hundred megabytes for as long as it is written. */
const WORKBOOKS = { atOnce: 4, ofOneKey: 2 };

interface Exchange {
  readonly request: Request<{ id: string }>;
  readonly response: Response;
}

/** Makes the handler of `GET /v1/batches/{id}/problems`. */
export function readBatchProblems(deps: HttpDeps): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const { id } = await ownBatch(request.params.id, response, deps);
    response.vary('Accept');
    if (request.accepts(['application/json', CSV]) === CSV) await sendCsv(id, { request, response }, deps);
    else response.json(await deps.readProblems(id, { ...readPage(request), caller: callerOf(response) }));
  };
}

/** Makes the handler of `GET /v1/batches/{id}/problems.csv`. */
export function readProblemsCsv(deps: HttpDeps): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const { id } = await ownBatch(request.params.id, response, deps);
    await sendCsv(id, { request, response }, deps);
  };
}

/** Makes the handler of `GET /v1/batches/{id}/correction.xlsx`. */
export function readCorrection(deps: HttpDeps): RequestHandler<{ id: string }> {
  const turns = openTurns(WORKBOOKS);
  return async (request, response) => {
    const { id } = await ownBatch(request.params.id, response, deps);
    const onlyFaulty = readOnlyFaulty(request);
    const caller = callerOf(response);
    const leave = turns.enter(caller.keyId);
    try {
      response.type(XLSX).attachment(`correction-${id}.xlsx`);
      await sendFile({ request, response, deps }, (out) =>
        deps.writeCorrection(id, { onlyFaulty, caller }, out),
      );
    } finally {
      leave();
    }
  };
}

async function sendCsv(id: string, { request, response }: Exchange, deps: HttpDeps): Promise<void> {
  response.type(`${CSV}; charset=utf-8`).attachment(`problems-${id}.csv`);
  await sendFile({ request, response, deps }, (out) =>
    pipeline(Readable.from(deps.problemsCsv(id, callerOf(response))), out),
  );
}

function readPage(request: Request): { after: string | undefined; limit: number } {
  const after = readText(request, 'after');
  if (after !== undefined && !PLACE.test(after))
    throw new GatewayError('request.malformed', 'The parameter after must be the next of an earlier page.', {
      details: { parameter: 'after' },
      detailZh: '参数 after 应为上一页返回的 next。',
    });
  return { after, limit: readLimit(request, MAX_LIMIT) };
}

function readOnlyFaulty(request: Request): boolean {
  const rows = readText(request, 'rows') ?? 'all';
  if (rows === 'all' || rows === 'faulty') return rows === 'faulty';
  throw new GatewayError('request.malformed', 'The parameter rows must be all or faulty.', {
    details: { parameter: 'rows' },
    detailZh: '参数 rows 应为 all 或 faulty。',
  });
}
