/** Kafka's committed offset is informational, but operators and `npm run replay` read it: it must not stay behind. */
import type { LogInspector, Watermarks } from '../../../src/platform/kafka/log-consumer.js';
import { flowFor } from '../../../src/traces/index.js';
import { event, Ingest, TOPIC } from './harness.js';

describe('what a killed process had stored but not committed', () => {
  let ingest: Ingest;
  beforeAll(async () => {
    ingest = await Ingest.open();
  });
  afterAll(() => ingest.close());

  it.each([0n, 3n, 4n])('is committed by its successor, which is given it again from %s', async (committed) => {
    await ingest.reset();
    ingest.log().append(event(), event(), event(), event(), event());
    await ingest.consume();
    ingest.reader.assigned();
    const outcomes = await ingest.consume(0, committed);
    expect(outcomes.at(-1)).toEqual({ kind: 'advance', nextOffset: 5n });
    expect((await ingest.coverage()).total).toMatchObject({ offsets: '5', stored: '5', duplicate: '0' });
  });
});

describe('a replay to a broker that forgets', () => {
  const inspectorOf = (unread: { high: bigint; committed: bigint }): LogInspector => ({
    clusterId: () => Promise.resolve('mockCluster1'),
    ping: () => Promise.resolve(),
    watermarks: () => Promise.resolve(new Map<number, Watermarks>([[0, { low: 0n, high: unread.high }]])),
    committed: () => Promise.resolve(new Map([[0, unread.committed]])),
  });

  it('waits for what earlier ones have left unread before it sends anything', async () => {
    const unread = { high: 4_000n, committed: 100n };
    const flow = await flowFor(inspectorOf(unread), TOPIC, 'group');
    let goesOn = false;
    const waiting = flow.waitForRoom().then(() => (goesOn = true));
    await new Promise(setImmediate);
    expect(goesOn).toBe(false);
    unread.committed = 4_000n;
    await waiting;
    expect(goesOn).toBe(true);
  });

  it('begins at once where there is little', async () => {
    const flow = await flowFor(inspectorOf({ high: 4_000n, committed: 3_900n }), TOPIC, 'group');
    await expect(flow.waitForRoom()).resolves.toBeUndefined();
  });
});
