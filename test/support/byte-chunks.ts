/** Byte sources for tests. */

/** The bytes in chunks of this size, as they would come from a network. */
export async function* chunked(
  bytes: Uint8Array,
  chunkBytes: number = bytes.length,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += chunkBytes)
    yield await Promise.resolve(bytes.subarray(at, at + chunkBytes));
}

/** Everything that comes, and the error with which it ended. */
export async function collect<T>(items: AsyncIterable<T>): Promise<{ readonly items: T[]; readonly error: unknown }> {
  const collected: T[] = [];
  try {
    for await (const item of items) collected.push(item);
  } catch (error) {
    return { items: collected, error };
  }
  return { items: collected, error: undefined };
}
