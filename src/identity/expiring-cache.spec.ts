import { ExpiringCache } from './expiring-cache.js';

function make(maxEntries = 10) {
  const clock = { time: 0, now: () => clock.time };
  return { clock, cache: new ExpiringCache<number>({ ttlMs: 500, maxEntries }, clock) };
}

describe('ExpiringCache', () => {
  it('asks again only when the answer has become too old', async () => {
    const { clock, cache } = make();
    const load = jest.fn((): Promise<number> => Promise.resolve(load.mock.calls.length));
    expect(await cache.get('a', load)).toBe(1);
    clock.time = 499;
    expect(await cache.get('a', load)).toBe(1);
    clock.time = 500;
    expect(await cache.get('a', load)).toBe(2);
    // A clock that was set back makes no answer live longer.
    clock.time = 100;
    expect(await cache.get('a', load)).toBe(3);
  });

  it('lets simultaneous callers share one question, and counts its age from the asking', async () => {
    const { clock, cache } = make();
    let answer: (value: number) => void = () => undefined;
    const load = jest.fn(() => new Promise<number>((resolve) => (answer = resolve)));
    const both = [cache.get('a', load), cache.get('a', load)];
    clock.time = 500;
    const late = cache.get('a', () => Promise.resolve(2));
    answer(1);
    expect(await Promise.all(both)).toEqual([1, 1]);
    expect(await late).toBe(2);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('does not remember failures', async () => {
    const { cache } = make();
    await expect(cache.get('a', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(await cache.get('a', () => Promise.resolve(7))).toBe(7);
  });

  it('never grows beyond its size', async () => {
    const { cache } = make(2);
    for (const key of ['a', 'b', 'c']) await cache.get(key, () => Promise.resolve(1));
    expect(await cache.get('a', () => Promise.resolve(2))).toBe(2);
    expect(await cache.get('c', () => Promise.resolve(2))).toBe(1);
  });
});
