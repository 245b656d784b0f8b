// The way in of an agency's HTTP service: ask its pages ─▶ pass over what was seen at the edge ─▶ one delivery of
// all rows, one JSON object a line. The place moves with the batch; where a page fails, nothing is stored.
// Rows that are deleted at the service are not seen by this way.
import { Readable } from 'node:stream';
import type { HttpPullSettings, Source } from '../../core/configuration.js';
import type { ReadingLimits } from '../../core/reading-limits.js';
import { movePlace, readPlace } from '../../db/source-pulls.js';
import type { HttpClient } from '../../platform/http-client.js';
import type { Pull, PullNeeds } from '../pull.js';
import { createAuthorizer } from './authorize.js';
import { NOWHERE, placeOf, readNewRows, type NewRowsNeeds } from './new-rows.js';
import { pullFailed } from './pull-fault.js';
import type { Token, Tokens } from './token.js';

export interface HttpPullNeeds extends PullNeeds {
  readonly send: HttpClient['send'];
  readonly readSecret: (file: string) => Promise<string>;
  /** What one delivery may ask of its reader; a source may set its own. */
  readonly limits: ReadingLimits;
  /** Where tokens are kept between pulls; in this function where it is absent. */
  readonly tokens?: Tokens;
}

/** Rows that are remembered at the edge; more of them come again, and are unchanged then. */
const MOST_SEEN = 50_000;

/** Makes the pull of HTTP services; throws `pull.failed`, `pull.misconfigured`, `address.not-allowed`, or what `receive` throws. */
export function createHttpPull(needs: HttpPullNeeds): Pull {
  const tokens: Tokens = needs.tokens ?? new Map<string, Token>();
  return async (source, order) => {
    const { httpPull: settings } = source;
    if (settings === undefined) return;
    const stored = order.isFull ? undefined : await readPlace(needs.database, source.id);
    const asking = askingNeeds(source, settings, { ...needs, tokens });
    const rows = readNewRows(stored === undefined ? NOWHERE : placeOf(stored, source), asking);
    const lines = limited(rows.lines, asking);
    const body = await bodyOf(lines);
    if (body === undefined) {
      needs.signal.throwIfAborted();
      await movePlace(needs.database, source.id, rows.place());
      return;
    }
    const { id } = await needs.receive({
      source,
      ...body,
      alongside: (sql) => {
        // Whoever has the lease now goes on from the place as it was.
        needs.signal.throwIfAborted();
        return movePlace(sql, source.id, rows.place());
      },
    });
    needs.log.info({ source: source.id, batch: id }, 'HTTP service pulled');
  };
}

function askingNeeds(
  source: Source,
  settings: HttpPullSettings,
  needs: HttpPullNeeds & { tokens: Tokens },
): NewRowsNeeds {
  const { send, signal, clock, log, sealer } = needs;
  return {
    source: source.id,
    settings,
    send,
    signal,
    clock,
    authorizer: createAuthorizer(settings, { ...needs, source: source.id }),
    limits: { ...needs.limits, ...source.limits },
    now: clock(),
    index: sealer.index,
    mostSeen: MOST_SEEN,
    onReadAgain: () =>
      log.warn({ source: source.id }, 'HTTP service has lost its newest rows; all of it is read again'),
  };
}

/** A batch would break off at its last row, and the place would be behind those that follow. */
async function* limited(
  pieces: AsyncIterable<readonly string[]>,
  { limits: { maxRows }, source }: NewRowsNeeds,
): AsyncGenerator<readonly string[]> {
  let count = 0;
  for await (const piece of pieces) {
    count += piece.length;
    if (count > maxRows)
      throw pullFailed(
        { source },
        `gave more than the ${maxRows} rows that one delivery may have`,
        `返回的行数超过单次上限 ${maxRows}`,
      );
    yield piece;
  }
}

interface Body {
  readonly body: Readable;
  readonly declaredFormat: 'ndjson' | 'json';
}

/** Gives the body of the delivery; undefined where there is no row. */
async function bodyOf(pieces: AsyncGenerator<readonly string[]>): Promise<Body | undefined> {
  const first = await pieces.next();
  if (first.done === true) return undefined;
  const [only = ''] = first.value;
  if (first.value.length > 1) return { body: streamOf([first.value], pieces), declaredFormat: 'ndjson' };
  const second = await pieces.next();
  // One object alone could be taken for one around the rows, if it holds an array.
  if (second.done === true) return { body: Readable.from([`[${only}]\n`]), declaredFormat: 'json' };
  return { body: streamOf([first.value, second.value], pieces), declaredFormat: 'ndjson' };
}

function streamOf(begun: readonly (readonly string[])[], rest: AsyncIterable<readonly string[]>): Readable {
  async function* text(): AsyncGenerator<string> {
    for (const piece of begun) yield `${piece.join('\n')}\n`;
    for await (const piece of rest) yield `${piece.join('\n')}\n`;
  }
  return Readable.from(text(), { objectMode: false });
}
