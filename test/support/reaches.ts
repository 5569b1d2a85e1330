/** Waits for what other processes bring about: asks again until it holds or the deadline has passed. */
const POLL_MS = 50;

/**
 * The first value that holds. Throws after `limitMs`, naming `what` and the value seen last; what `read` throws counts as
 * an answer that does not hold.
 */
export async function reaches<T>(
  what: string,
  read: () => T | Promise<T>,
  holds: (value: T) => boolean,
  limitMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    let seen: unknown;
    try {
      const value = await read();
      if (holds(value)) return value;
      seen = value;
    } catch (error) {
      seen = error;
    }
    if (Date.now() > deadline) throw new Error(`not within ${String(limitMs)} ms: ${what}; last: ${render(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function render(value: unknown): string {
  return value instanceof Error ? value.message : JSON.stringify(value);
}
