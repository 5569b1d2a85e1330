/** The published sample events and the synthetic week, line by line, through the path that ingest takes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '../../kernel/clock.js';
import { contentSha256 } from '../content-sha256.js';
import { parseTrace } from './parse-trace.js';
import { checkWindow } from './trace-window.js';
import { newestTime, shiftTo, transformLine } from './replay-transform.js';
import type { Trace } from './trace.js';

interface Sample {
  line: number;
  shape: string;
  expected_as_is: string;
  expected_moved_to_now: string;
}

const ROOT = join(__dirname, '../../..');
const NOW = Date.UTC(2026, 10, 23, 12, 0, 0, 123);
const WEEK = 7 * DAY_MS;
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const lines = (path: string): string[] => read(path).split('\n').filter(Boolean);

function fate(line: string): string {
  const result = parseTrace(line, Buffer.byteLength(line));
  if (!result.ok) return result.refusal.reason;
  return checkWindow(result.trace, NOW, WEEK)?.reason ?? 'stored';
}

describe('cts-samples', () => {
  const samples = lines('samples/cts-samples.ndjson');
  const index = JSON.parse(read('test/cases/cts-samples.index.json')) as Sample[];

  it('has an expectation for every line', () => {
    expect(index.map(({ line }) => line)).toEqual(samples.map((_, at) => at + 1));
  });

  it.each(index)('line $line ($shape) as it is: $expected_as_is', ({ line, expected_as_is }) => {
    expect(fate(samples[line - 1] ?? '')).toBe(expected_as_is);
  });

  it.each(index)('line $line ($shape) moved to now: $expected_moved_to_now', ({ line, expected_moved_to_now }) => {
    const moved = transformLine(samples[line - 1] ?? '', { shiftMs: 0, eachAtMs: NOW, own: null });
    expect(fate(moved)).toBe(expected_moved_to_now);
  });

  it('tells the shapes apart as the index does', () => {
    const shapes = samples
      .map((line) => parseTrace(line, line.length))
      .map((result) => result.ok && result.trace.wireShape);
    expect(shapes).toEqual([
      'api-v3',
      'api-v3',
      'api-v3',
      'api-v1',
      'api-v2',
      'file',
      false,
      'file',
      'push',
      'api-v2',
      false,
      false,
      false,
      'console',
      'console',
    ]);
  });
});

describe('swr-week', () => {
  const expected = JSON.parse(read('test/cases/swr-week.expected.json')) as {
    stored: number;
    duplicate: number;
    lines: number;
  };
  const week = lines('samples/swr-week.ndjson');

  it('has the expected traces and redeliveries, each redelivery with the hash of its first', () => {
    const shiftMs = shiftTo(NOW, newestTime(week));
    const hashes = new Map<string, string>();
    let duplicates = 0;
    for (const line of week.map((text) => transformLine(text, { shiftMs, eachAtMs: null, own: null }))) {
      expect(fate(line)).toBe('stored');
      const trace = parsed(line);
      const key = [trace.domainId, trace.recordTime, trace.traceId].join(' ');
      const hash = contentSha256(trace);
      if (hashes.has(key)) {
        expect(hash).toBe(hashes.get(key));
        duplicates++;
      }
      hashes.set(key, hash);
    }
    expect({ lines: week.length, stored: hashes.size, duplicate: duplicates }).toEqual({
      lines: expected.lines,
      stored: expected.stored,
      duplicate: expected.duplicate,
    });
    expect(new Set(hashes.values()).size).toBe(expected.stored);
  });

  it('ends at the instant asked for', () => {
    const shiftMs = shiftTo(NOW, newestTime(week));
    expect(newestTime(week.map((text) => transformLine(text, { shiftMs, eachAtMs: null, own: null })))).toBe(NOW);
  });
});

function parsed(line: string): Trace {
  const result = parseTrace(line, line.length);
  if (!result.ok) throw new Error(result.refusal.detail);
  return result.trace;
}
