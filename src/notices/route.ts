// Stage 5: a matched notice gets one delivery for each agency that a route names for its measure.
import { randomUUID } from 'node:crypto';
import type { Route } from '../core/configuration.js';
import { insertDeliveries } from '../db/notice-deliveries.js';
import { addStep, setNoticeState } from '../db/notices.js';
import type { Sql } from '../db/pool.js';
import type { Matched } from './match.js';
import type { Reason } from './notice.js';

export interface Routed {
  readonly id: string;
  readonly fate: Exclude<Matched['fate'], 'matched'> | 'routed';
  readonly reasons: readonly Reason[];
  /** Ids of the deliveries that are due now. */
  readonly deliveries: readonly string[];
}

/** Plans the deliveries of a matched notice; others pass as they are. */
export async function route(
  sql: Sql,
  matched: Matched,
  deps: { routes: readonly Route[]; now: Date },
): Promise<Routed> {
  const { id, fate, reasons } = matched;
  if (fate !== 'matched') return { id, fate, reasons, deliveries: [] };
  const recipients = recipientsOf(matched.measure, deps.routes).map((agency) => ({
    id: randomUUID(),
    agency,
  }));
  await insertDeliveries(sql, { noticeId: id, at: deps.now, recipients });
  await setNoticeState(sql, id, { state: 'routed', subjectKnown: true });
  const agencies = recipients.map((recipient) => recipient.agency);
  await addStep(sql, { noticeId: id, step: 'routed', at: deps.now, details: { agencies } });
  return { id, fate: 'routed', reasons, deliveries: recipients.map((recipient) => recipient.id) };
}

/** Names the agencies that receive a measure, each once. */
export function recipientsOf(measure: string, routes: readonly Route[]): string[] {
  const agencies = routes.filter((each) => each.measures.includes(measure)).flatMap((each) => each.agencies);
  return [...new Set(agencies)].sort();
}
