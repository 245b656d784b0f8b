// Splits what failed as a whole, so that what is guilty is found.

/** Gives the two halves of a list, the first one longer by one where need be; a single entry stays alone. */
export function halve<T>(list: readonly T[]): (readonly T[])[] {
  const middle = Math.ceil(list.length / 2);
  return [list.slice(0, middle), list.slice(middle)].filter((half) => half.length > 0);
}
