import { RepeatedWork } from './repeated-work.js';

describe('repeated work', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  function repeat(rounds: (boolean | Error)[]) {
    const calls: number[] = [];
    const delays: number[] = [];
    const work = new RepeatedWork({
      work: () => {
        calls.push(Date.now());
        const next = rounds.shift() ?? false;
        return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
      },
      idleMs: 500,
      backoff: { baseMs: 1_000, maxMs: 4_000 },
      onFailure: (_, delayMs) => delays.push(delayMs),
    });
    return { work, calls, delays, gaps: () => calls.slice(1).map((at, index) => at - (calls[index] ?? 0)) };
  }

  it('goes on at once while there is more, and pauses when there is not', async () => {
    const { work, gaps } = repeat([true, true, false, false]);
    work.start();
    await jest.advanceTimersByTimeAsync(900);
    // A timer of 0 ms is one of 1 ms.
    expect(gaps()).toEqual([1, 1, 500]);
    await work.stop(10);
  });

  it('backs off while it fails, and forgets that when it succeeds', async () => {
    const fault = new Error('away');
    const { work, delays, calls } = repeat([fault, fault, fault, false]);
    work.start();
    await jest.advanceTimersByTimeAsync(12_000);
    expect(delays).toHaveLength(3);
    delays.forEach((delay, index) => {
      const full = Math.min(4_000, 1_000 * 2 ** index);
      expect(delay).toBeGreaterThanOrEqual(full / 2);
      expect(delay).toBeLessThanOrEqual(full);
    });
    expect(calls.length).toBeGreaterThan(4);
    expect(work.failures).toBe(0);
    await work.stop(10);
  });

  it('stops between rounds, and does not wait longer than told for one in hand', async () => {
    const { work, calls } = repeat([]);
    work.start();
    await jest.advanceTimersByTimeAsync(1);
    await work.stop(10);
    const done = calls.length;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(calls).toHaveLength(done);
    const hanging = new RepeatedWork({
      work: () => new Promise(() => undefined),
      idleMs: 1,
      backoff: { baseMs: 1, maxMs: 1 },
      onFailure: () => undefined,
    });
    hanging.start();
    await jest.advanceTimersByTimeAsync(1);
    const stopped = hanging.stop(100);
    await jest.advanceTimersByTimeAsync(100);
    await expect(stopped).resolves.toBeUndefined();
  });
});
