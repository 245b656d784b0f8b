// Lets any number of readers wait for the change log to grow. One shared question to the database at short
// intervals, only while somebody waits; a commit of this process is heard at once through `notify`.
import type { Later } from '../platform/later.js';

export interface FeedWaiter {
  /** Resolves with the new last position once it passes `after`; with undefined when time is up or the reader has gone. */
  wait(request: { after: number; timeoutMs: number; signal: AbortSignal }): Promise<number | undefined>;
  /** Looks at once: called after a commit in this process. */
  notify(): void;
  /** Sends every waiting reader home. */
  stop(): void;
}

export interface FeedWaiterDeps {
  readonly readLastPosition: () => Promise<number>;
  readonly later: Later;
  readonly pollEveryMs?: number;
  /** Told when the database gives no answer; readers go on waiting. */
  readonly onError: (error: unknown) => void;
}

interface Waiting {
  readonly after: number;
  readonly end: (reached: number | undefined) => void;
}

const POLL_EVERY_MS = 100;

/** Makes the waiter of one process. */
export function createFeedWaiter(deps: FeedWaiterDeps): FeedWaiter {
  const waiting = new Set<Waiting>();
  const poll = createPoll(waiting, deps);
  return {
    wait: (request) =>
      new Promise((resolve) => {
        if (request.signal.aborted) {
          resolve(undefined);
          return;
        }
        const leave = (): void => each.end(undefined);
        const cancelTimeout = deps.later(request.timeoutMs, leave);
        const each: Waiting = {
          after: request.after,
          end: (reached) => {
            if (!waiting.delete(each)) return;
            cancelTimeout();
            request.signal.removeEventListener('abort', leave);
            if (waiting.size === 0) poll.rest();
            resolve(reached);
          },
        };
        waiting.add(each);
        request.signal.addEventListener('abort', leave);
        poll.schedule();
      }),
    notify: poll.look,
    stop: () => {
      for (const each of [...waiting]) each.end(undefined);
    },
  };
}

interface Poll {
  readonly look: () => void;
  readonly schedule: () => void;
  readonly rest: () => void;
}

/** Asks the database on behalf of all who wait; never two questions at once. */
function createPoll(waiting: ReadonlySet<Waiting>, deps: FeedWaiterDeps): Poll {
  let cancel: (() => void) | undefined;
  let isLooking = false;
  let isAskedAgain = false;
  const rest = (): void => {
    cancel?.();
    cancel = undefined;
  };
  const schedule = (): void => {
    if (waiting.size === 0 || isLooking || cancel !== undefined) return;
    cancel = deps.later(deps.pollEveryMs ?? POLL_EVERY_MS, look);
  };
  const ask = async (): Promise<void> => {
    try {
      const last = await deps.readLastPosition();
      for (const each of [...waiting]) if (last > each.after) each.end(last);
    } catch (error) {
      deps.onError(error);
    }
    isLooking = false;
    if (isAskedAgain) look();
    else schedule();
  };
  const look = (): void => {
    rest();
    if (waiting.size === 0) return;
    // A position read before the commit that called `notify` would miss it.
    isAskedAgain = isLooking;
    if (isLooking) return;
    isLooking = true;
    void ask();
  };
  return { look, schedule, rest };
}
