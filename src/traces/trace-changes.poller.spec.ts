import type { LogState } from './core/change-vector.js';
import { ChangePoller } from './trace-changes.poller.js';
import type { Watched } from './trace-changes.store.js';

describe('the poller of changes', () => {
  const store = { head: 5n, asked: 0, watched: [] as Watched[][], moved: new Set<string>(), failing: false };
  const source = {
    states: (): Promise<LogState[]> => {
      store.asked++;
      return store.failing
        ? Promise.reject(new Error('no database'))
        : Promise.resolve([{ log: 1, head: store.head, current: true }]);
    },
    moved: (watched: readonly Watched[]): Promise<Set<number>> => {
      store.watched.push([...watched]);
      return Promise.resolve(
        new Set(watched.filter(({ domainId }) => store.moved.has(domainId)).map(({ watcher }) => watcher)),
      );
    },
  };
  let poller: ChangePoller;
  const seen = new Map([[1, 5n]]);
  const open = new AbortController().signal;

  beforeEach(() => {
    jest.useFakeTimers();
    Object.assign(store, { head: 5n, asked: 0, watched: [], moved: new Set(), failing: false });
    poller = new ChangePoller(source as ConstructorParameters<typeof ChangePoller>[0]);
  });
  afterEach(() => jest.useRealTimers());

  it('looks once for all who wait, wakes those whose domain has something, and looks no more when all have left', async () => {
    const waits = ['a', 'a', 'b'].map((domain) => poller.wait(domain, seen, 2_200, open));
    await jest.advanceTimersByTimeAsync(600);
    expect([store.asked, store.watched]).toEqual([1, []]);
    store.head = 8n;
    store.moved.add('a');
    await jest.advanceTimersByTimeAsync(500);
    expect(await Promise.all(waits.slice(0, 2))).toEqual([true, true]);
    expect(store.watched[0]).toMatchObject([{ from: 5n, to: 8n }, { domainId: 'a' }, { domainId: 'b' }]);
    await jest.advanceTimersByTimeAsync(500);
    // What was looked at in vain is not looked at again.
    expect(store.watched).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(700);
    expect(await waits[2]).toBe(false);
    const { asked } = store;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(store.asked).toBe(asked);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('counts a log not seen yet from its beginning', async () => {
    store.moved.add('a');
    const wait = poller.wait('a', new Map(), 5_000, open);
    await jest.advanceTimersByTimeAsync(500);
    expect(await wait).toBe(true);
    expect(store.watched[0]).toMatchObject([{ from: 0n, to: 5n }]);
  });

  it('goes on after an error', async () => {
    store.failing = true;
    store.moved.add('a');
    const wait = poller.wait('a', seen, 5_000, open);
    await jest.advanceTimersByTimeAsync(1_100);
    Object.assign(store, { failing: false, head: 6n });
    await jest.advanceTimersByTimeAsync(600);
    expect(await wait).toBe(true);
  });

  it('lets go of a client that leaves, and of all when the service stops', async () => {
    const controller = new AbortController();
    const left = poller.wait('a', seen, 30_000, controller.signal);
    controller.abort();
    expect(await left).toBe(false);
    const stopped = poller.wait('a', seen, 30_000, open);
    poller.onModuleDestroy();
    expect(await stopped).toBe(false);
    expect(await poller.wait('a', seen, 30_000, open)).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
  });
});
