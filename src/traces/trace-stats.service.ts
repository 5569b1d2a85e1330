/** Answers `stats`: how many traces of which value in each interval. */
import { Inject, Injectable } from '@nestjs/common';
import { type Clock, HOUR_MS } from '../kernel/clock.js';
import type { Principal } from '../kernel/principal.js';
import { isEmptyWindow, type TimeWindow } from '../kernel/time-window.js';
import { CLOCK } from '../platform/tokens.js';
import { buckets, isRolledUp } from './core/native-stats.js';
import { rowFilter } from './native-selection.js';
import { RETENTION_SETTINGS, type RetentionSettings, windowStart } from './retention-settings.js';
import type { StatsAnswer, StatsQuery } from './trace-stats.dto.js';
import { TraceStatsStore } from './trace-stats.store.js';

@Injectable()
export class TraceStats {
  constructor(
    @Inject(RETENTION_SETTINGS) private readonly settings: Pick<RetentionSettings, 'retentionDays'>,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly store: TraceStatsStore,
  ) {}

  async stats(principal: Principal, query: StatsQuery): Promise<StatsAnswer> {
    const now = this.clock.now();
    const asked = rowFilter(principal, query.selection, now, windowStart(now, this.settings));
    const open = query.selection.toMs === null;
    // An open end is moved to a whole hour, so that no rows need be read there.
    const window = open ? { ...asked.window, toMs: Math.ceil(asked.window.toMs / HOUR_MS) * HOUR_MS } : asked.window;
    const { field, intervalMs } = query;
    const rolledUp = isRolledUp(field, query.selection);
    const groups = isEmptyWindow(window)
      ? []
      : await this.store.groups({ rows: { ...asked, window }, field, intervalMs, rolledUp });
    return {
      field,
      interval_ms: intervalMs,
      buckets: buckets(groups, open ? until(window, now) : window, intervalMs, query.limit) as StatsAnswer['buckets'],
    };
  }
}

/** Hours yet to come are not shown empty. */
function until({ fromMs, toMs }: TimeWindow, nowMs: number): TimeWindow {
  return { fromMs, toMs: Math.min(toMs, Math.max(nowMs, fromMs)) };
}
