// Lets a producer work on the next item while the consumer still has the last one: parsing and
// database work overlap, and memory holds two items at most.

/** Iterates `items`, asking for the next one before the last has been dealt with. */
export async function* aheadOne<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  let coming = iterator.next();
  // A failure is thrown where it is awaited; without this it would count as unhandled until then.
  coming.catch(() => undefined);
  try {
    for (;;) {
      const item = await coming;
      if (item.done === true) return;
      coming = iterator.next();
      coming.catch(() => undefined);
      yield item.value;
    }
  } finally {
    await coming.catch(() => undefined);
    await iterator.return?.();
  }
}
