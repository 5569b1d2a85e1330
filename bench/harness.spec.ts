import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ComparisonResult } from './comparison-result.js';
import { compare, type Comparison, type Contender } from './harness.js';
import { machineFacts, renderReport, writeReport } from './report.js';
import { median, significant } from './statistics.js';

/** Time passes only where a contender says so; half of it is spent computing. */
class FakeMeter {
  private now = 1_000;
  wallMs = (): number => this.now;
  cpuMs = (): number => this.now / 2;
  pass(ms: number): void {
    this.now += ms;
  }
}

/** Does `units` in each round, taking the next of `wallMs`; the first is the warm-up. */
function contender(name: string, meter: FakeMeter, wallMs: readonly number[], log: string[] = []): Contender {
  return {
    name,
    prepare: async (round) => {
      meter.pass(7);
      log.push(`prepare ${name}${round}`);
    },
    run: async (round) => {
      meter.pass(wallMs[round] ?? Number.NaN);
      log.push(`run ${name}${round}`);
      return { units: 1_000 };
    },
    cleanup: async (round) => {
      meter.pass(11);
      log.push(`cleanup ${name}${round}`);
    },
  };
}

function comparison(meter: FakeMeter, contenders: readonly Contender[]): Comparison {
  return { name: 'ingest', unit: 'traces', yardstick: 'A', contenders, meter, print: () => undefined };
}

async function measured(): Promise<ComparisonResult> {
  const meter = new FakeMeter();
  const [a, b] = [contender('A', meter, [9_999, 100, 200, 400]), contender('B', meter, [1, 200, 1_000, 500])];
  return compare(comparison(meter, [a, b]));
}

describe('median', () => {
  it.each([
    [[5], 5],
    [[3, 1, 2], 2],
    [[10, 9, 100], 10],
    [[4, 1, 3, 2], 2.5],
    [[], Number.NaN],
  ])('of %p is %p', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('leaves its input as it is', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('compare', () => {
  it('takes turns, and does not time what surrounds a round', async () => {
    const meter = new FakeMeter();
    const log: string[] = [];
    const result = await compare({
      ...comparison(meter, [contender('A', meter, [1, 2, 3], log), contender('B', meter, [1, 2, 3], log)]),
      repetitions: 2,
    });
    expect(log.filter((line) => line.startsWith('run'))).toEqual(
      ['A0', 'B0', 'A1', 'B1', 'A2', 'B2'].map((x) => `run ${x}`),
    );
    expect(log.slice(0, 6)).toEqual(['prepare A0', 'run A0', 'cleanup A0', 'prepare B0', 'run B0', 'cleanup B0']);
    expect(result.contenders[0]?.rounds).toEqual([
      { units: 1_000, wallMs: 2, cpuMs: 1 },
      { units: 1_000, wallMs: 3, cpuMs: 1.5 },
    ]);
  });

  it('gives medians without the warm-up, and the median of the ratios within rounds', async () => {
    const [a, b] = (await measured()).contenders;
    expect(a?.unitsPerSecond).toEqual({ median: 5_000, min: 2_500, max: 10_000 });
    expect(a?.ratio).toEqual({ median: 1, min: 1, max: 1 });
    expect(b?.unitsPerSecond).toEqual({ median: 2_000, min: 1_000, max: 5_000 });
    // Round by round: 100/200, 200/1000, 400/500. The ratio of the medians would be 0.4.
    expect(b?.ratio).toEqual({ median: 0.5, min: 0.2, max: 0.8 });
    expect(b?.cpuMicrosPerUnit.median).toBe(250);
  });

  it('cleans up after a contender that fails, and passes its error on', async () => {
    const meter = new FakeMeter();
    const log: string[] = [];
    const failing: Contender = { ...contender('A', meter, [], log), run: () => Promise.reject(new Error('no table')) };
    await expect(compare(comparison(meter, [failing]))).rejects.toThrow('no table');
    expect(log).toEqual(['prepare A0', 'cleanup A0']);
  });

  it('refuses what cannot be compared', async () => {
    const meter = new FakeMeter();
    const a = contender('A', meter, [1, 1, 1, 1]);
    await expect(compare({ ...comparison(meter, [a]), yardstick: 'C' })).rejects.toThrow('C is not among');
    await expect(compare(comparison(meter, [a, a]))).rejects.toThrow('same name');
    await expect(compare({ ...comparison(meter, [a]), repetitions: 0 })).rejects.toThrow('at least one');
    await expect(compare(comparison(meter, [contender('A', meter, [0])]))).rejects.toThrow('cannot be compared');
  });

  it('prints a line for each contender', async () => {
    const meter = new FakeMeter();
    let text = '';
    await compare({
      ...comparison(meter, [contender('A', meter, [1, 100, 100, 100]), contender('B', meter, [1, 200, 200, 200])]),
      print: (part) => (text += part),
    });
    expect(text.split('\n').slice(2, 5)).toEqual([
      '   traces/s  CPU µs each   × A    min … max',
      'A    10,000           50  1.00  1.00 … 1.00',
      'B     5,000          100  0.50  0.50 … 0.50',
    ]);
  });
});

describe('a report', () => {
  const machine = machineFacts('18.4', new Date(0));

  it('tells the machine', () => {
    expect(machine).toMatchObject({
      postgres: '18.4',
      measuredAt: '1970-01-01T00:00:00.000Z',
      node: process.versions.node,
    });
    expect(machine.cores).toBeGreaterThan(0);
    expect(machine.memoryGib).toBeGreaterThan(0);
  });

  it('has its keys in one order, whatever order it was made in', async () => {
    const result = await measured();
    const { name, ...rest } = result;
    const turned: ComparisonResult = { ...rest, name };
    expect(Object.keys(turned)).not.toEqual(Object.keys(result));
    expect(renderReport({ comparisons: [turned], machine, name: 'ingest' })).toBe(
      renderReport({ name: 'ingest', machine, comparisons: [result] }),
    );
  });

  it('is written whole', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'quaestor-bench-'));
    try {
      const report = { name: 'ingest', machine, comparisons: [await measured()] };
      const file = await writeReport(report, join(folder, 'results'));
      expect(await readFile(file, 'utf8')).toBe(renderReport(report));
      expect(await readdir(join(folder, 'results'))).toEqual(['ingest.json']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('claims no more than four digits', () => {
    expect(significant(123.456789)).toBe(123.5);
    expect(significant(0.000123456)).toBe(0.0001235);
  });
});
