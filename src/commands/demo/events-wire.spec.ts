import { readFileSync } from 'node:fs';
import { DAY_MS } from '../../kernel/clock.js';
import { organizationTrace, weekOf } from './events-wire.js';

const LINES = readFileSync('samples/swr-week.ndjson', 'utf8').trim().split('\n');
const TENANT = { domainId: 'd'.repeat(32), domainName: 'demo-x', projectId: 'f'.repeat(32) };
const END = Date.UTC(2026, 2, 1, 12);
const eventsOf = (days: number) => {
  const week = weekOf(TENANT, LINES, { endMs: END, days, run: 'x1' });
  return { ...week, events: week.records.map(({ value }) => JSON.parse(String(value)) as Record<string, unknown>) };
};
const expected = JSON.parse(readFileSync('test/cases/swr-week.expected.json', 'utf8')) as Record<string, number>;

describe('the week of the story', () => {
  it.each([1, 7, 30])('covers all of %i days that are kept, and no more', (days) => {
    const times = eventsOf(days).events.map(({ record_time: time }) => Number(time));
    expect(Math.max(...times)).toBe(END);
    expect(Math.min(...times)).toBeGreaterThan(END - days * DAY_MS);
    expect(Math.min(...times)).toBeLessThan(END - days * DAY_MS + 3_600_000);
  });

  it('is as long, and as often sent twice, as the sample says', () => {
    const { records, distinct, events } = eventsOf(7);
    expect([records.length, distinct]).toEqual([expected.lines, expected.stored]);
    const keys = new Set(events.map(({ trace_id: id, record_time: time }) => `${String(id)} ${String(time)}`));
    expect(keys.size).toBe(distinct);
  });

  it('is the tenant’s own, with organizations that no other run has', () => {
    const { events, records } = eventsOf(7);
    expect(new Set(events.map(({ domain_id: domain }) => domain))).toEqual(new Set([TENANT.domainId]));
    expect(new Set(events.map(({ project_id: project }) => project))).toEqual(new Set([TENANT.projectId]));
    const text = records.map(({ value }) => String(value)).join('\n');
    expect(text).not.toMatch(/740ba4bfc7932712645186e479853866|team-|acme-1/);
    expect(text).toContain('week-x1-');
  });
});

describe('the trace of a creation', () => {
  const facts = { name: 'team-x-1', atMs: END, node: '8123456789abcdef' };
  const trace = (refused: boolean) =>
    JSON.parse(String(organizationTrace(TENANT, { id: 'u', name: 'chen' }, { ...facts, refused }).value)) as unknown;

  it('tells success and refusal apart, and is the same however often it is made', () => {
    expect(trace(false)).toMatchObject({ trace_rating: 'normal', code: '201', user: { id: 'u', name: 'chen' } });
    expect(trace(true)).toMatchObject({ trace_rating: 'warning', code: '400' });
    expect(trace(false)).toEqual(trace(false));
  });
});
