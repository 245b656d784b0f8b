// How the simulated city can be told to misbehave, for a number of messages or until told otherwise.
import { canonicalDigest } from '../core/canonical-json.js';
import type { CityRecord, Refusal } from './city-message.js';

export const CITY_MODES = [
  'accept',
  'deny',
  'deny-feedback',
  'error-500',
  'error-code-500',
  'too-many',
  'hang',
  'lose-answer',
  'lose-records',
  'alter-records',
  'garble',
  'refuse-records',
  'refuse-message',
] as const;
/**
 * `deny` answers 401, `deny-feedback` 403 to feedback alone; `lose-answer` stores the message and breaks the connection; `lose-records` and `alter-records`
 * answer that all is well, and hold nothing of some records, or something else; `refuse-records` refuses single
 * records, `refuse-message` the whole message where it holds one of them.
 */
export type CityMode = (typeof CITY_MODES)[number];

export interface CityBehaviour {
  readonly mode: CityMode;
  /** Number of messages (of feedbacks for `deny-feedback`) it holds for; without it until told otherwise. */
  readonly times?: number;
  readonly retryAfterSeconds?: number;
  /** Says which records are refused, lost or altered; all of them where it is absent. */
  readonly refuse?: (record: CityRecord) => Refusal | null;
}

export interface BehaviourSwitch {
  behave(behaviour: CityBehaviour): void;
  /** Gives what holds for the message that has just come. */
  next(): CityBehaviour;
  /** Tells whether the feedback that has just come is denied. */
  deniesFeedback(): boolean;
}

const ACCEPT: CityBehaviour = { mode: 'accept' };

/** Makes the switch, set to accept. */
export function createBehaviourSwitch(): BehaviourSwitch {
  let current = ACCEPT;
  let left = Number.POSITIVE_INFINITY;
  const use = (): CityBehaviour => {
    if (left <= 0) current = ACCEPT;
    left -= 1;
    return current;
  };
  return {
    behave: (behaviour) => {
      current = behaviour;
      left = behaviour.times ?? Number.POSITIVE_INFINITY;
    },
    next: () => (current.mode === 'deny-feedback' ? ACCEPT : use()),
    deniesFeedback: () => current.mode === 'deny-feedback' && use().mode === 'deny-feedback',
  };
}

const REFUSAL: Refusal = { code: '4003', message: '市级平台拒收该记录' };

/** Gives why a record is refused under a behaviour. */
export function refusalOf(record: CityRecord, { refuse }: CityBehaviour): Refusal | undefined {
  return refuse === undefined ? REFUSAL : (refuse(record) ?? undefined);
}

/** Gives what the city holds of a record that it answers to have taken. */
export function keptOf(record: CityRecord, behaviour: CityBehaviour): CityRecord | undefined {
  const { mode } = behaviour;
  const isMeant =
    mode === 'lose-records' || mode === 'alter-records' ? refusalOf(record, behaviour) : undefined;
  if (isMeant === undefined) return record;
  return mode === 'lose-records' ? undefined : { ...record, digest: canonicalDigest({ altered: record.id }) };
}

/** Reads a behaviour from JSON: `{mode, times?, retryAfterSeconds?, refuseIds?, code?, message?}`; undefined where it is none. */
export function readBehaviour(body: unknown): CityBehaviour | undefined {
  const { mode, times, retryAfterSeconds, refuseIds, code, message } = (body ?? {}) as Record<
    string,
    unknown
  >;
  if (!CITY_MODES.includes(mode as CityMode)) return undefined;
  const ids = Array.isArray(refuseIds) ? new Set<unknown>(refuseIds) : undefined;
  const words: Refusal = {
    code: typeof code === 'string' ? code : REFUSAL.code,
    message: typeof message === 'string' ? message : REFUSAL.message,
  };
  return {
    mode: mode as CityMode,
    ...(typeof times === 'number' ? { times } : {}),
    ...(typeof retryAfterSeconds === 'number' ? { retryAfterSeconds } : {}),
    refuse: (record) => (ids === undefined || ids.has(record.id) ? words : null),
  };
}
