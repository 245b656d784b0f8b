// The certificates that destinations name: whether they can be used, and when they end.
import type { Configuration } from '../core/configuration.js';
import { checkIdentity } from './client-identity.js';

const DAY_MS = 86_400_000;
const TOLD_BEFORE_DAYS = 30;

/** Gives one sentence per fault of a file; one that is over is no fault here, for the gateway starts and parks. */
export function identityProblems(
  { destinations }: Pick<Configuration, 'destinations'>,
  folder: string,
): string[] {
  return destinations.flatMap(({ id, clientIdentity }) =>
    clientIdentity === undefined
      ? []
      : checkIdentity(clientIdentity, folder).problems.map(
          (problem) => `destinations.yaml, ${id}: ${problem}`,
        ),
  );
}

/** Tells which certificates are over at a moment, and which soon will be. */
export function identitiesAt(
  { destinations }: Pick<Configuration, 'destinations'>,
  { folder, now }: { readonly folder: string; readonly now: Date },
): { readonly problems: readonly string[]; readonly notices: readonly string[] } {
  const ends = destinations.flatMap(({ id, clientIdentity }) => {
    const validTo = clientIdentity === undefined ? undefined : checkIdentity(clientIdentity, folder).validTo;
    return validTo === undefined ? [] : [{ id, validTo }];
  });
  const say = ({ id, validTo }: { id: string; validTo: Date }, is: string): string =>
    `destinations.yaml, ${id}: the client certificate ${is} ${validTo.toISOString()}`;
  const isOver = ({ validTo }: { validTo: Date }): boolean => validTo <= now;
  const soon = new Date(now.getTime() + TOLD_BEFORE_DAYS * DAY_MS);
  return {
    problems: ends.filter(isOver).map((end) => say(end, 'has ended on')),
    notices: ends.filter((end) => !isOver(end) && end.validTo <= soon).map((end) => say(end, 'ends on')),
  };
}
