import { Gate } from './gate.js';

describe('Gate', () => {
  it('lets so many run, so many wait, and turns the rest away', async () => {
    const gate = new Gate(2, 3);
    let running = 0;
    let most = 0;
    const releases: (() => void)[] = [];
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => releases.push(resolve));
      running--;
    };
    const all = Array.from({ length: 5 }, () => gate.run(work));
    await expect(gate.run(work)).rejects.toMatchObject({ code: 'QST.Unavailable' });
    for (let released = 0; released < 5;) {
      const release = releases.shift();
      if (release) released++;
      release?.();
      await new Promise(setImmediate);
    }
    await Promise.all(all);
    expect(most).toBe(2);
    expect(await gate.run(() => Promise.resolve('free again'))).toBe('free again');
  });

  it('frees its place when the work fails', async () => {
    const gate = new Gate(1, 0);
    await expect(gate.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await gate.run(() => Promise.resolve(1))).toBe(1);
  });
});
