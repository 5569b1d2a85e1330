import { BatchedLookup } from './batched-lookup.js';

/** Holds every batch until it is let go. */
function held() {
  const batches: { keys: readonly string[]; answer: (values: readonly string[]) => void; fail: (e: Error) => void }[] =
    [];
  const load = (keys: readonly string[]) =>
    new Promise<readonly string[]>((answer, fail) => batches.push({ keys, answer, fail }));
  return { batches, load };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('BatchedLookup', () => {
  it('asks once for what comes in one turn, and answers each in order', async () => {
    const { batches, load } = held();
    const lookup = new BatchedLookup(load);
    const answers = Promise.all(['a', 'b', 'a'].map((key) => lookup.get(key)));
    await turn();
    expect(batches.map(({ keys }) => keys)).toEqual([['a', 'b', 'a']]);
    batches[0]?.answer(['1', '2', '3']);
    expect(await answers).toEqual(['1', '2', '3']);
  });

  it('never lets a question join a statement that is under way already', async () => {
    const { batches, load } = held();
    const lookup = new BatchedLookup(load, { concurrency: 1, mostKeys: 10 });
    const first = lookup.get('a');
    await turn();
    const second = lookup.get('a');
    await turn();
    expect(batches).toHaveLength(1);
    batches[0]?.answer(['old']);
    expect(await first).toBe('old');
    await turn();
    batches[1]?.answer(['new']);
    expect(await second).toBe('new');
  });

  it('splits what is too much, and fails only the batch that failed', async () => {
    const { batches, load } = held();
    const lookup = new BatchedLookup(load, { concurrency: 2, mostKeys: 2 });
    const answers = Promise.allSettled(['a', 'b', 'c'].map((key) => lookup.get(key)));
    await turn();
    await turn();
    expect(batches.map(({ keys }) => keys)).toEqual([['a', 'b'], ['c']]);
    batches[0]?.fail(new Error('gone'));
    batches[1]?.answer(['3']);
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });

  it('refuses to hand out answers that do not fit the questions', async () => {
    const lookup = new BatchedLookup<string, string>(() => Promise.resolve([]));
    await expect(lookup.get('a')).rejects.toThrow('key by key');
  });
});
