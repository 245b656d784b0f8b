// How the sources are supplied: the score card, and the word of an agency that there was nothing to report.
import type { Request, RequestHandler, Response } from 'express';
import { GatewayError } from '../core/errors.js';
import { callerOf } from './authenticate.js';
import type { HttpDeps, ScorecardRequest } from './deps.js';
import { readText } from './query.js';
import { ownSource } from './read-upload.js';

const CSV = 'text/csv';

/** Makes the handler of `GET /v1/scorecard`. */
export function readScorecard(deps: HttpDeps): RequestHandler {
  return async (request, response) => {
    const query = readQuery(request, response, deps);
    response.vary('Accept');
    if (request.accepts(['application/json', CSV]) === CSV) await sendCsv(query, response, deps);
    else response.json({ month: query.month, entries: await deps.readScorecard(query) });
  };
}

/** Makes the handler of `GET /v1/scorecard.csv`. */
export function readScorecardCsv(deps: HttpDeps): RequestHandler {
  return async (request, response) => sendCsv(readQuery(request, response, deps), response, deps);
}

/** Makes the handler of `POST /v1/sources/{source}/no-data`. */
export function stateNoData(deps: HttpDeps): RequestHandler<{ source: string }> {
  return async (request, response) => {
    const { id: source } = ownSource(request.params.source, response, deps);
    const period = readRequired(request as Request, 'period');
    response.json(await deps.stateNoData({ source, period, caller: callerOf(response) }));
  };
}

async function sendCsv(query: ScorecardRequest, response: Response, deps: HttpDeps): Promise<void> {
  const text = await deps.scorecardCsv(query);
  response.type(`${CSV}; charset=utf-8`).attachment(`scorecard-${query.month}.csv`).send(text);
}

function readQuery(request: Request, response: Response, deps: HttpDeps): ScorecardRequest {
  const month = readRequired(request, 'month');
  const own = callerOf(response).agency;
  const asked = readText(request, 'agency') ?? own;
  if (own !== null && asked !== own)
    throw new GatewayError('agency.unknown', 'There is no such agency for this key.', {
      detailZh: '该密钥没有此部门。',
    });
  const source = readText(request, 'source');
  return { month, agency: asked, source: source === undefined ? null : ownSource(source, response, deps).id };
}

function readRequired(request: Request, name: string): string {
  const text = readText(request, name);
  if (text !== undefined) return text;
  throw new GatewayError('request.malformed', `The parameter ${name} is required.`, {
    details: { parameter: name },
    detailZh: `缺少参数 ${name}。`,
  });
}
