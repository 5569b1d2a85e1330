import { setTimeout as pause } from 'node:timers/promises';
import { ReservationQueue } from './reservation-queue.js';
import type { ReservationAsk, ReserveOutcome } from './reservation.js';

const ask = (domainId: string, ...keys: string[]): ReservationAsk => ({
  domainId,
  caller: { domainId, userId: 'u', userName: 'u' },
  items: keys.map((quotaKey) => ({
    quotaKey,
    scope: { kind: 'domain', projectId: '', id: domainId },
    amount: 1,
    resourceName: null,
    space: 'domain',
    region: '',
  })),
  ttlMs: 1,
  idempotency: null,
});
const DONE: ReserveOutcome = { outcome: 'exceeded', exceeded: [] };

/** Batches wait until they are let go. */
function openQueue(bounds = { atOnce: 2, batchSize: 10, waiting: 100 }) {
  const batches: { asks: readonly ReservationAsk[]; finish: (error?: Error) => void }[] = [];
  const queue = new ReservationQueue(
    (asks) =>
      new Promise((resolve, reject) => {
        batches.push({ asks, finish: (error) => (error ? reject(error) : resolve(asks.map(() => DONE))) });
      }),
    bounds,
  );
  return { queue, batches, sizes: () => batches.map(({ asks }) => asks.length) };
}

describe('the queue of reservations', () => {
  it('lets what waits for one counter go together once it is free', async () => {
    const { queue, batches, sizes } = openQueue();
    const answers = [queue.add(ask('d', 'a'))];
    await pause(1);
    for (let count = 0; count < 5; count++) answers.push(queue.add(ask('d', 'a')));
    await pause(1);
    expect(sizes()).toEqual([1]);
    batches[0]!.finish();
    await pause(1);
    expect(sizes()).toEqual([1, 5]);
    batches[1]!.finish();
    await expect(Promise.all(answers)).resolves.toHaveLength(6);
  });

  it('does not keep other counters waiting, nor anybody from being served in order', async () => {
    const { queue, batches, sizes } = openQueue();
    void queue.add(ask('d', 'a'));
    await pause(1);
    void queue.add(ask('d', 'a', 'b'));
    void queue.add(ask('d', 'b'));
    void queue.add(ask('other', 'b'));
    await pause(1);
    // The third would pass the second at b.
    expect(batches[1]?.asks.map(({ domainId }) => domainId)).toEqual(['other']);
    batches[0]!.finish();
    await pause(1);
    expect(sizes()).toEqual([1, 1, 2]);
  });

  it('keeps to its bounds', async () => {
    const { queue, sizes } = openQueue({ atOnce: 2, batchSize: 2, waiting: 3 });
    const asks = Array.from({ length: 8 }, (_, index) => queue.add(ask(`d${String(index)}`, 'a')));
    const refused = await Promise.allSettled(asks.slice(3));
    expect(refused.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    await pause(1);
    expect(sizes()).toEqual([2, 1]);
  });

  it('answers the others one by one when one of a batch breaks it', async () => {
    const queue = new ReservationQueue(async (asks) => {
      if (asks.some(({ domainId }) => domainId === 'bad')) throw new Error('broken');
      return asks.map(() => DONE);
    });
    const answers = await Promise.allSettled(['a', 'bad', 'c'].map((domainId) => queue.add(ask(domainId, 'k'))));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('fails all at once where the database is away', async () => {
    let runs = 0;
    const queue = new ReservationQueue(() => {
      runs += 1;
      return Promise.reject(Object.assign(new Error('away'), { code: 'ECONNREFUSED' }));
    });
    const answers = await Promise.allSettled(['a', 'b'].map((domainId) => queue.add(ask(domainId, 'k'))));
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(runs).toBe(1);
  });
});
