/** Asks again until the answer is the awaited one; fails with the last answer when that takes too long. */
export async function until<T>(
  ask: () => PromiseLike<T>,
  isAwaited: (answer: T) => boolean,
  deadlineMs = 1_000,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (isAwaited(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`not in time; the last answer: ${shown(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function shown(answer: unknown): string {
  const told = typeof answer === 'object' && answer !== null && 'text' in answer ? answer.text : answer;
  return JSON.stringify(told).slice(0, 2_000);
}
