// Wakes workers by id and carries nothing else. What is due stands in PostgreSQL; a lost wake-up
// costs time until the next sweep, never work.

export const QUEUES = [
  'pull-source',
  'process-source',
  'plan-replays',
  'forward',
  'deliver-notice',
  'send-feedback',
  'deliver-reminder',
  'reconcile',
] as const;
export type Queue = (typeof QUEUES)[number];

export type WakeHandler = (id: string) => Promise<void>;

export interface Dispatcher {
  /** Names the one handler of a queue and how many ids of it may be worked on at once. */
  handle(queue: Queue, concurrency: number, handler: WakeHandler): void;
  /** Wakes a worker for `id`; waking an id that waits already is one wake-up, waking one that is being worked on is another afterwards. */
  wake(queue: Queue, id: string): Promise<void>;
  /** Takes no new wake-ups and resolves when those under way are done. */
  stop(): Promise<void>;
}
