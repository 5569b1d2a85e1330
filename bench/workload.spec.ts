import { HOUR_MS } from '../src/kernel/clock.js';
import { uuidV1Time } from '../src/kernel/ids.js';
import { listOperations } from '../src/traces/core/wire-operations.js';
import { parseTrace } from '../src/traces/core/parse-trace.js';
import type { Trace } from '../src/traces/core/trace.js';
import { domainId, INSTALLATION, projectId, projectsOf, workload, type WorkloadShape } from './workload.js';

const shape: WorkloadShape = { traces: 20_000, ...INSTALLATION, endAt: 1_800_000_000_000, spanMs: HOUR_MS };

function tracesOf(texts: Iterable<string>): Trace[] {
  return [...texts].map((text) => {
    const result = parseTrace(text, text.length);
    if (!result.ok) throw new Error(result.refusal.detail);
    return result.trace;
  });
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

const texts = [...workload(shape)];
const traces = tracesOf(texts);
const share = (fits: (trace: Trace) => boolean): number => traces.filter(fits).length / traces.length;

describe('the workload', () => {
  it('is a function of its shape and seed', () => {
    const small = { ...shape, traces: 100 };
    expect([...workload(small)]).toEqual([...workload(small)]);
    expect([...workload(small, 2)]).not.toEqual([...workload(small)]);
  });

  it('is of about 1.2 KB of JSON a trace', () => {
    const mean = texts.reduce((sum, text) => sum + text.length, 0) / texts.length;
    expect(mean).toBeGreaterThan(1_150);
    expect(mean).toBeLessThan(1_300);
  });

  it('has version-1 ids, all different, of the time of the trace, in order', () => {
    expect(new Set(traces.map(({ traceId }) => traceId)).size).toBe(shape.traces);
    for (const { traceId, recordTime } of traces) expect(uuidV1Time(traceId)).toBe(recordTime);
    const times = traces.map(({ recordTime }) => recordTime);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBe(shape.endAt - shape.spanMs);
  });

  it.each([
    ['normal', 0.97],
    ['warning', 0.025],
    ['incident', 0.005],
  ])('is rated %s in a share of %d', (rating, expected) => {
    expect(share(({ traceRating }) => traceRating === rating)).toBeCloseTo(expected, 2);
  });

  it('knows only operations of the catalogue, of both editions', () => {
    for (const { serviceType, resourceType, traceName } of traces) {
      const [group] = listOperations(serviceType, resourceType);
      expect(group?.operation_list).toContain(traceName);
    }
    expect(share(({ serviceType }) => serviceType === 'SWR')).toBeCloseTo(0.95, 2);
    expect(share(({ traceName }) => traceName === 'getInstanceArtifact')).toBeGreaterThan(0.01);
    expect(share(({ traceName }) => traceName === 'downloadImageLayer')).toBeGreaterThan(0.1);
  });

  it('has few busy domains and many quiet ones', () => {
    const counts = [...countBy(traces, (trace) => trace.domainId).values()].sort((a, b) => b - a);
    expect(counts.length).toBeGreaterThan(900);
    expect((counts[0] ?? 0) / (counts[99] ?? 0)).toBeGreaterThan(30);
  });

  it('gives a domain no more projects than it has, and the first of them most', () => {
    const busiest = traces.filter((trace) => trace.domainId === domainId(0));
    const counts = countBy(busiest, (trace) => trace.projectId);
    expect(counts.size).toBe(20);
    expect((counts.get(projectId(0, 0)) ?? 0) / (counts.get(projectId(0, 19)) ?? 0)).toBeGreaterThan(4);
    const quiet = traces.filter((trace) => trace.domainId === domainId(999));
    expect(countBy(quiet, (trace) => trace.projectId).size).toBeLessThanOrEqual(1);
    expect([0, 1, 99, 999].map((domain) => projectsOf(domain, shape))).toEqual([20, 14, 2, 1]);
  });

  it('says of everything that it is synthetic', () => {
    for (const text of texts.slice(0, 100)) expect(text).toContain('"name":"synthetic-');
  });
});
