/** Search, paging in both directions, totals and statistics against a naive model, while more traces arrive. */
import fc from 'fast-check';
import { HOUR_MS } from '../../../src/kernel/clock.js';
import type { Principal } from '../../../src/kernel/principal.js';
import { listQuery } from '../../../src/traces/native-traces.dto.js';
import { NativeTraces } from '../../../src/traces/native-traces.service.js';
import { statsQuery } from '../../../src/traces/trace-stats.dto.js';
import { TraceStats } from '../../../src/traces/trace-stats.service.js';
import { Ingest } from '../ingest/harness.js';
import { principal } from './app.js';
import {
  counted,
  eventOf,
  found,
  keyOf,
  type ModelQuery,
  type ModelTrace,
  parametersOf,
  queryArbitrary,
  traceArbitrary,
} from './model.js';

interface Case {
  readonly traces: readonly ModelTrace[];
  /** How many of them are there before the first page; the others arrive between the pages. */
  readonly there: number;
  readonly query: ModelQuery;
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  readonly field: 'service_type' | 'resource_type' | 'trace_name' | 'trace_rating' | 'user';
  readonly interval: string;
}

const INTERVALS: Record<string, number> = { '1h': HOUR_MS, '6h': 6 * HOUR_MS, '1d': 24 * HOUR_MS };

const caseArbitrary: fc.Arbitrary<Case> = fc.record({
  traces: fc.uniqueArray(traceArbitrary, { maxLength: 50, size: 'max', selector: keyOf }),
  there: fc.nat(50),
  query: queryArbitrary,
  limit: fc.integer({ min: 3, max: 15 }),
  order: fc.constantFrom('asc', 'desc'),
  field: fc.constantFrom('service_type', 'resource_type', 'trace_name', 'trace_rating', 'user'),
  interval: fc.constantFrom(...Object.keys(INTERVALS)),
});

describe('native search and its model', () => {
  let ingest: Ingest;
  let search: NativeTraces;
  let stats: TraceStats;
  let domains = 0;
  let deliveries = 0;

  beforeAll(async () => {
    ingest = await Ingest.open();
    search = ingest.module.get(NativeTraces);
    stats = ingest.module.get(TraceStats);
  });
  afterAll(() => ingest.close());

  const store = async (traces: readonly ModelTrace[], domainId: string): Promise<void> => {
    if (traces.length === 0) return;
    const partition = deliveries++ % 3;
    const log = ingest.log(partition);
    const from = log.high;
    log.append(...traces.map((trace) => eventOf(trace, domainId)));
    await ingest.consume(partition, from);
  };

  const walk = async (
    caller: Principal,
    query: Record<string, string>,
    between: () => Promise<void>,
  ): Promise<string[]> => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const parsed = listQuery.parse(cursor === null ? query : { ...query, cursor });
      // What arrives does so during the reading of the page as well as between two.
      const [{ traces, page }] = await Promise.all([search.list(caller, parsed), between()]);
      expect(page.count).toBe(traces.length);
      if (page.next !== null) expect(traces).toHaveLength(Number(query.limit));
      seen.push(...traces.map((trace) => keyOf({ id: trace.trace_id ?? '', at: trace.record_time ?? NaN })));
      cursor = page.next;
      if (seen.length > 200) throw new Error('paging does not end');
    } while (cursor !== null);
    return seen;
  };

  const statistics = async (caller: Principal, { query, field, interval }: Case): Promise<Record<string, number>> => {
    const { buckets } = await stats.stats(caller, statsQuery.parse({ ...parametersOf(query), field, interval }));
    const counts: Record<string, number> = {};
    for (const { start, count, values } of buckets) {
      if (count > 0) counts[String(start)] = count;
      for (const { value, count: some } of values) counts[`${String(start)} ${value}`] = some;
    }
    return counts;
  };

  it('agrees with it in 300 random cases', async () => {
    await fc.assert(
      fc.asyncProperty(caseArbitrary, async (example) => {
        const domainId = `case-${String(domains++)}`;
        const caller = principal({ domainId });
        const { query, order } = example;
        const [there, arriving] = [example.traces.slice(0, example.there), example.traces.slice(example.there)];
        const inOrder = (keys: string[]): string[] => (order === 'desc' ? keys : keys.toReversed());
        const asked = { ...parametersOf(query), limit: String(example.limit) };
        await store(there, domainId);
        const rest = [...arriving];
        const seen = await walk(caller, { ...asked, order }, () => store(rest.splice(0, 5), domainId));
        const all = inOrder(found(query, example.traces));
        // In order, nothing twice, nothing that does not match; and whatever was there from the beginning.
        expect(seen).toEqual(all.filter((key) => seen.includes(key)));
        expect(seen).toEqual(expect.arrayContaining(found(query, there)));
        await store(rest, domainId);
        const other = order === 'desc' ? 'asc' : 'desc';
        expect(await walk(caller, { ...asked, order: other }, async () => {})).toEqual(all.toReversed());
        const total = await search.list(caller, listQuery.parse({ ...asked, total: 'true', order }));
        expect(total.total).toEqual({ value: all.length, exact: true });
        expect(await statistics(caller, example)).toEqual(
          counted(query, example.traces, example.field, INTERVALS[example.interval] ?? NaN),
        );
      }),
      { numRuns: 300 },
    );
  }, 240_000);
});
