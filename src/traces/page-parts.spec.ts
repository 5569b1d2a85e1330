import fc from 'fast-check';
import { DAY_MS } from '../kernel/clock.js';
import { partsOfPage, readInParts } from './page-parts.js';

const DAY = Date.UTC(2026, 10, 20);
const [FIRST, MIDDLE, LAST] = [DAY + 6_000, DAY + DAY_MS, DAY + 2 * DAY_MS + 5_000];

describe('partsOfPage', () => {
  const whole = { fromMs: FIRST, toMs: LAST };
  it.each([
    ['newest first', whole, null, true, [[DAY + 2 * DAY_MS, LAST], [FIRST, DAY + 2 * DAY_MS]]],
    ['oldest first', whole, null, false, [[FIRST, MIDDLE], [MIDDLE, LAST]]],
    ['newest first after a trace', whole, MIDDLE + 7, true, [[MIDDLE, MIDDLE + 8], [FIRST, MIDDLE]]],
    ['oldest first after a trace', whole, MIDDLE + 7, false, [[MIDDLE + 7, DAY + 2 * DAY_MS], [DAY + 2 * DAY_MS, LAST]]],
    ['newest first after the first trace of a day', whole, MIDDLE, true, [[MIDDLE, MIDDLE + 1], [FIRST, MIDDLE]]],
    ['a window within a day', { fromMs: MIDDLE, toMs: MIDDLE + DAY_MS }, null, true, [[MIDDLE, MIDDLE + DAY_MS]]],
    ['the same, oldest first', { fromMs: MIDDLE, toMs: MIDDLE + DAY_MS }, null, false, [[MIDDLE, MIDDLE + DAY_MS]]],
    ['an empty window', { fromMs: MIDDLE, toMs: MIDDLE }, null, true, []],
    ['newest first after a trace before the window', whole, FIRST - 1, true, []],
    ['oldest first after a trace beyond the window', whole, LAST, false, []],
  ] as const)('%s', (_, window, after, newestFirst, expected) => {
    const page = { window, after: after === null ? null : { recordTime: after }, newestFirst };
    expect(partsOfPage(page).map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual(expected);
  }); // prettier-ignore
});

describe('readInParts', () => {
  const instant = fc.integer({ min: DAY, max: DAY + 4 * DAY_MS });

  it('finds what one reading of the whole window finds, in the same order', async () => {
    const times = fc.array(instant, { maxLength: 40 });
    const bounds = fc.tuple(instant, instant, fc.option(instant), fc.boolean(), fc.integer({ min: 1, max: 50 }));
    await fc.assert(
      fc.asyncProperty(times, bounds, async (stored, [fromMs, toMs, after, newestFirst, limit]) => {
        const inOrder = stored.toSorted((a, b) => (newestFirst ? b - a : a - b));
        const read = (window: { fromMs: number; toMs: number }, most: number): number[] =>
          inOrder
            .filter((time) => time >= window.fromMs && time < window.toMs)
            .filter((time) => after === null || (newestFirst ? time < after : time > after))
            .slice(0, most);
        const page = {
          window: { fromMs, toMs },
          after: after === null ? null : { recordTime: after },
          newestFirst,
          limit,
        };
        const found: number[] = [];
        await readInParts(page, (part) => {
          const rows = read(part.window, part.limit);
          found.push(...rows);
          return Promise.resolve(rows.length);
        });
        expect(found).toEqual(read(page.window, limit));
      }),
    );
  });

  it('reads no further than a full page', async () => {
    const windows: number[][] = [];
    const page = { window: { fromMs: FIRST, toMs: LAST }, after: null, newestFirst: true, limit: 3 };
    await readInParts(page, ({ window, limit }) => {
      windows.push([window.fromMs, window.toMs]);
      return Promise.resolve(limit);
    });
    expect(windows).toEqual([[DAY + 2 * DAY_MS, LAST]]);
  });
});
