// Asks a destination for its own account of a day: totals of each table, and on request the lines behind them.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { bearerToken } from '../core/authorization.js';
import { GatewayError } from '../core/errors.js';
import { lineText, parseLine, type ReconciledLine, type TableTotal } from '../core/reconciliation.js';
import type { HttpClient } from '../platform/http-client.js';

export interface ReconciliationNeeds {
  readonly http: Pick<HttpClient, 'send'>;
  readonly city: { readonly url: string; readonly token: string };
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface TotalsBody {
  readonly date: string;
  readonly tables: readonly ({ readonly tableCode: string } & TableTotal)[];
}

interface LinesBody {
  readonly lines: readonly (string | ReconciledLine)[];
  readonly next?: string | null;
}

const PAGE = 1000;
const MAX_LINES = 10_000;
const NAME = { type: 'string', minLength: 1, maxLength: 100 };
const COUNT = { type: 'integer', minimum: 0 };
const DIGEST = { type: 'string', pattern: '^[0-9a-f]{64}$' };

const ajv = new Ajv2020({ allowUnionTypes: true });
const isTotals = ajv.compile<TotalsBody>({
  type: 'object',
  required: ['date', 'tables'],
  properties: {
    date: { type: 'string' },
    tables: {
      type: 'array',
      maxItems: 1000,
      items: {
        type: 'object',
        required: ['tableCode', 'upserts', 'deletes', 'digest'],
        properties: { tableCode: NAME, upserts: COUNT, deletes: COUNT, digest: DIGEST },
      },
    },
  },
});
const isLines = ajv.compile<LinesBody>({
  type: 'object',
  required: ['lines'],
  properties: {
    next: { type: ['string', 'null'] },
    lines: {
      type: 'array',
      maxItems: MAX_LINES,
      items: {
        oneOf: [
          { type: 'string', maxLength: 300 },
          {
            type: 'object',
            required: ['id', 'version', 'operation', 'digest'],
            properties: {
              id: NAME,
              version: { type: 'integer', minimum: 1 },
              operation: { enum: ['upsert', 'delete'] },
              digest: DIGEST,
            },
          },
        ],
      },
    },
  },
});

/** Asks for the totals of a day by table code; undefined where none are offered. Throws `city.unreachable`. */
export async function askTotals(
  day: string,
  needs: ReconciliationNeeds,
): Promise<ReadonlyMap<string, TableTotal> | undefined> {
  const answer = await ask({ date: day }, needs);
  if (answer === undefined) return undefined;
  if (!isTotals(answer) || answer.date !== day) throw unreadable();
  return new Map(
    answer.tables.map(({ tableCode, upserts, deletes, digest }) => [tableCode, { upserts, deletes, digest }]),
  );
}

/** Asks for the lines of a table on a day, page by page. Throws `city.unreachable`. */
export async function* askLines(
  of: { readonly day: string; readonly tableCode: string },
  needs: ReconciliationNeeds,
): AsyncGenerator<readonly ReconciledLine[]> {
  let after: string | undefined;
  for (;;) {
    const query = { date: of.day, tableCode: of.tableCode, limit: String(PAGE) };
    const answer = await ask(after === undefined ? query : { ...query, after }, needs);
    // A table that the destination does not know has no lines there.
    if (answer === undefined) return;
    if (!isLines(answer)) throw unreadable();
    const lines = answer.lines.map(readLine);
    if (lines.length > 0) yield lines;
    const last = lines.at(-1);
    // A page that says nothing of a next one is followed by what comes behind its last line.
    const next = answer.next === undefined && last !== undefined ? lineText(last) : answer.next;
    if (next == null || last === undefined) return;
    // Else it would go on for ever.
    if (next === after) throw unreadable();
    after = next;
  }
}

function readLine(given: string | ReconciledLine): ReconciledLine {
  const line = parseLine(typeof given === 'string' ? given : lineText(given));
  if (line === undefined) throw unreadable();
  return line;
}

async function ask(query: Record<string, string>, needs: ReconciliationNeeds): Promise<unknown> {
  const { http, city, timeoutMs, signal } = needs;
  const { status, body } = await http.send({
    method: 'GET',
    url: `${city.url.replace(/\/+$/, '')}/reconciliation?${new URLSearchParams(query).toString()}`,
    headers: { accept: 'application/json', ...bearerToken(city.token) },
    timeoutMs,
    signal,
  });
  if (status === 404) return undefined;
  if (status !== 200)
    throw new GatewayError('city.unreachable', `The destination answered ${status}.`, {
      details: { reason: `http-${status}` },
    });
  try {
    return JSON.parse(body) as unknown;
  } catch (cause) {
    throw unreadable(cause);
  }
}

function unreadable(cause?: unknown): GatewayError {
  return new GatewayError('city.unreachable', 'The account that the destination gave cannot be read.', {
    ...(cause === undefined ? {} : { cause }),
    details: { reason: 'unreadable-answer' },
  });
}
