// The timer that is passed in where something has to happen after a while, so that tests need not wait.

/** Runs `work` once after `afterMs`; gives what cancels it. */
export type Later = (afterMs: number, work: () => void) => () => void;

/** The timer of Node. */
export const later: Later = (afterMs, work) => {
  const timer = setTimeout(work, afterMs);
  return () => clearTimeout(timer);
};
