import { retryOnCollision } from './lock-retry.js';

const RETRY = { attempts: 3, lockTimeoutMs: 1, firstPauseMs: 1 };
const failing = (code: string, times: number) => {
  let calls = 0;
  return {
    calls: () => calls,
    work: () => (++calls <= times ? Promise.reject(Object.assign(new Error(code), { code })) : Promise.resolve('done')),
  };
};

describe('retryOnCollision', () => {
  it('tries again after a lock timeout, as often as allowed', async () => {
    const twice = failing('55P03', 2);
    await expect(retryOnCollision(twice.work, RETRY)).resolves.toBe('done');
    const always = failing('55P03', 9);
    await expect(retryOnCollision(always.work, RETRY)).rejects.toMatchObject({ code: '55P03' });
    expect(always.calls()).toBe(3);
  });

  it('passes on what trying again cannot mend', async () => {
    const defect = failing('42P01', 9);
    await expect(retryOnCollision(defect.work, RETRY)).rejects.toMatchObject({ code: '42P01' });
    expect(defect.calls()).toBe(1);
  });

  it('starts nothing once it is told to stop, and pauses no longer', async () => {
    const abort = new AbortController();
    const work = failing('55P03', 9);
    const waiting = retryOnCollision(work.work, { ...RETRY, firstPauseMs: 60_000, signal: abort.signal });
    abort.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow();
    expect(work.calls()).toBe(1);
    await expect(retryOnCollision(work.work, { ...RETRY, signal: abort.signal })).rejects.toThrow('stop');
    expect(work.calls()).toBe(1);
  });
});
