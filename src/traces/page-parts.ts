/**
 * A page of many days is read day first: most pages are full with the rows of the day where they begin, and the planner then
 * looks at one partition instead of at all of them, which takes longer than reading the page.
 */
import { DAY_MS } from '../kernel/clock.js';
import { isEmptyWindow, type TimeWindow } from '../kernel/time-window.js';
import { startOfDay } from './day-partition.js';

export interface PageBounds {
  readonly window: TimeWindow;
  /** The trace that the page comes after. */
  readonly after: { readonly recordTime: number } | null;
  readonly newestFirst: boolean;
}

/** The day where the page begins, then all others of its window; together they hold whatever the page may hold. None if nothing can. */
export function partsOfPage({ window, after, newestFirst }: PageBounds): TimeWindow[] {
  const fromMs = newestFirst || after === null ? window.fromMs : Math.max(window.fromMs, after.recordTime);
  const toMs = newestFirst && after !== null ? Math.min(window.toMs, after.recordTime + 1) : window.toMs;
  if (isEmptyWindow({ fromMs, toMs })) return [];
  const midnight = newestFirst ? startOfDay(toMs - 1) : startOfDay(fromMs) + DAY_MS;
  if (midnight <= fromMs || midnight >= toMs) return [{ fromMs, toMs }];
  const [older, newer] = [
    { fromMs, toMs: midnight },
    { fromMs: midnight, toMs },
  ];
  return newestFirst ? [newer, older] : [older, newer];
}

/** Reads the parts until the page is full. `read` answers how many rows it found, at most the `limit` of its part. */
export async function readInParts<Page extends PageBounds & { readonly limit: number }>(
  page: Page,
  read: (part: Page) => Promise<number>,
): Promise<void> {
  let { limit } = page;
  for (const window of partsOfPage(page)) {
    limit -= await read({ ...page, window, limit });
    if (limit <= 0) return;
  }
}
