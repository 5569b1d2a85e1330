import { TimeLimitError, within } from './bounded.js';
import { PartitionPauses } from './partition-pauses.js';

describe('a bounded wait', () => {
  it('gives the outcome that comes in time, and leaves no timer', async () => {
    jest.useFakeTimers();
    await expect(within(Promise.resolve(1), 1_000, 'it')).resolves.toBe(1);
    await expect(within(Promise.reject(new Error('no')), 1_000, 'it')).rejects.toThrow('no');
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  it('ends with what took too long', async () => {
    const never = new Promise<void>(() => undefined);
    const outcome = within(never, 1, 'the answer');
    await expect(outcome).rejects.toThrow(TimeLimitError);
    await expect(outcome).rejects.toThrow('the answer took longer than 1 ms');
  });
});

describe('pauses of partitions', () => {
  const resumed: string[] = [];
  const resume = (what: string) => () => resumed.push(what);

  beforeEach(() => {
    resumed.length = 0;
    jest.useFakeTimers();
  });
  afterEach(() => jest.useRealTimers());

  it('end each at its time; a new one replaces the old', () => {
    const pauses = new PartitionPauses({ baseMs: 10, maxMs: 10 });
    pauses.hold(0, 100, resume('first'));
    pauses.hold(1, 50, resume('other'));
    pauses.hold(0, 200, resume('second'));
    jest.advanceTimersByTime(150);
    expect(resumed).toEqual(['other']);
    jest.advanceTimersByTime(50);
    expect(resumed).toEqual(['other', 'second']);
  });

  it('never end too early, however long they are', () => {
    const pauses = new PartitionPauses({ baseMs: 10, maxMs: 10 });
    pauses.hold(0, Number.MAX_SAFE_INTEGER, resume('late'));
    jest.advanceTimersByTime(1_000_000);
    expect(resumed).toEqual([]);
    pauses.cancelAll();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('count failures in a row for each partition', () => {
    const pauses = new PartitionPauses({ baseMs: 10, maxMs: 1_000 });
    expect([pauses.failed(0), pauses.failed(0), pauses.failed(1)].map(({ failures }) => failures)).toEqual([1, 2, 1]);
    pauses.succeeded(0);
    expect(pauses.failed(0).failures).toBe(1);
  });
});
