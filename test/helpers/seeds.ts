// Chance by seeds: which fault comes when is drawn from the seed alone, and a seed that fails can be run again with
// `FAULT_SEED=N`. `FAULT_SEEDS` says how many are run; one where it is unset.
export interface Random {
  /** Gives [0, 1). */
  next(): number;
  /** Gives a whole number from 0 to `below` - 1. */
  whole(below: number): number;
  chance(share: number): boolean;
  pick<T>(list: readonly [T, ...T[]]): T;
  /** A chance of its own for something that has a name, whenever it is asked for. */
  of(name: string): Random;
}

/** Makes the chance of a seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (below: number): number => Math.floor(next() * below);
  return {
    next,
    whole,
    chance: (share) => next() < share,
    pick: (list) => list[whole(list.length)] ?? list[0],
    of: (name) =>
      createRandom(
        [...name].reduce((hash, c) => Math.imul(hash ^ c.charCodeAt(0), 16_777_619), seed ^ 0x811c9dc5),
      ),
  };
}

/** States that something holds for each seed; the seed is in the name of the test. */
export function itHolds(title: string, run: (random: Random, context: Mocha.Context) => Promise<void>): void {
  for (const seed of seeds())
    it(`${title} (FAULT_SEED=${seed})`, function () {
      return run(createRandom(seed).of(title), this);
    });
}

function seeds(): number[] {
  const { FAULT_SEED: one, FAULT_SEEDS: count } = process.env;
  if (one) return [Number(one)];
  return Array.from({ length: Number(count || 1) }, (_, i) => i + 1);
}
