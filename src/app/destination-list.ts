// How each destination stands: what waits for it, whether it answers, and what keeps it shut.
import { CITY } from '../core/city.js';
import { readDestinationLag } from '../db/destination-lag.js';
import { readDestinationStops, type DestinationStop } from '../db/destination-stops.js';
import { countWaitingFeedback } from '../db/notice-feedback.js';
import type { Sql } from '../db/pool.js';
import { countSetAside } from '../db/set-aside.js';

/** Lists the destinations of the configuration in its order. */
export async function listDestinations(sql: Sql, ids: readonly string[]): Promise<object[]> {
  const [lags, stops] = [await readDestinationLag(sql, ids), await readDestinationStops(sql, ids)];
  const feedback = await countWaitingFeedback(sql);
  const asides = await countSetAside(sql, ids);
  const stopOf = (id: string, kind: DestinationStop['kind']): DestinationStop | undefined =>
    stops.find((stop) => stop.id === id && stop.kind === kind);
  return lags.map(({ id, records, inFlight, since, failures }) => {
    const paused = stopOf(id, 'paused');
    const parked = stopOf(id, 'parked');
    const aside = asides.find((each) => each.id === id);
    return {
      id,
      pending: { records, inFlight, since },
      waitingFeedback: id === CITY ? feedback : 0,
      failures,
      paused: paused === undefined ? null : { since: paused.since, by: paused.by, reason: paused.reason },
      setAside:
        aside === undefined ? null : { messages: aside.messages, records: aside.records, since: aside.since },
      parked: parked === undefined ? null : { since: parked.since, reason: parked.reason },
    };
  });
}
