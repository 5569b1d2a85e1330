/** A time limit on any promise. */

export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
}

/** `promise`, or a `TimeLimitError` after `limitMs`. What was started is not stopped: its late outcome is ignored. */
export async function within<T>(promise: Promise<T>, limitMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new TimeLimitError(`${what} took longer than ${String(limitMs)} ms`));
    }, limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => undefined);
  }
}
