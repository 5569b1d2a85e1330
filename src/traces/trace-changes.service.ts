/** Tells a follower every trace that its domain stores, each once, however many logs there are (design §5 "Sequence"). */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { CLOCK } from '../platform/tokens.js';
import {
  advanced,
  type ChangeVector,
  hasMissed,
  type LogState,
  packVector,
  unpackVector,
  unreadOf,
} from './core/change-vector.js';
import { type NativeTrace, renderNative } from './core/native-wire.js';
import { badCursor, type CursorUse, NativeCursors } from './native-cursors.service.js';
import { domainFor } from './native-selection.js';
import { RETENTION_SETTINGS, type RetentionSettings, windowStart } from './retention-settings.js';
import type { ChangesAnswer, ChangesQuery } from './trace-changes.dto.js';
import { ChangePoller } from './trace-changes.poller.js';
import { TraceChangesStore } from './trace-changes.store.js';

interface Reading {
  readonly traces: readonly NativeTrace[];
  readonly vector: ChangeVector;
  readonly states: readonly LogState[];
}

@Injectable()
export class TraceChanges {
  constructor(
    @Inject(RETENTION_SETTINGS) private readonly settings: Pick<RetentionSettings, 'retentionDays'>,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly store: TraceChangesStore,
    private readonly poller: ChangePoller,
    private readonly cursors: NativeCursors,
  ) {}

  /**
   * Traces stored after the cursor, in each log in the order of their storing. `signal` ends the waiting.
   *
   * A cursor older than the window is refused: what was stored since may have left it unseen. A younger one finds all that was
   * stored since, but for traces that arrived in the last hours of their own window and left it before they were asked for.
   *
   * @throws AppError QST.BadCursor, QST.CursorGone (410)
   */
  async changes(principal: Principal, query: ChangesQuery, signal: AbortSignal): Promise<ChangesAnswer> {
    const domainId = domainFor(principal, query.domainId);
    const use: CursorUse = { version: 'changes.2', principal, domainId, filters: '' };
    const deadline = this.clock.now() + query.waitMs;
    let reading = await this.begin(query.after, use, domainId, query.limit);
    for (;;) {
      const remaining = deadline - this.clock.now();
      if (reading.traces.length > 0 || remaining <= 0) break;
      const seen = new Map(reading.states.map(({ log, head }) => [log, head]));
      if (!(await this.poller.wait(domainId, seen, remaining, signal))) break;
      reading = await this.read(domainId, reading.vector, query.limit);
    }
    return {
      traces: reading.traces as ChangesAnswer['traces'],
      next: this.cursors.write(packVector(reading.vector), use),
    };
  }

  private async begin(after: string, use: CursorUse, domainId: string, limit: number): Promise<Reading> {
    const atMs = this.clock.now();
    if (after !== 'latest' && after !== 'earliest') return this.read(domainId, this.vectorOf(after, use), limit);
    const beganMs = await this.store.now();
    const nothing: ChangeVector = { atMs, beganMs, positions: new Map(), finished: new Set() };
    if (after === 'earliest') return this.read(domainId, nothing, limit);
    const states = await this.store.states();
    const heads = new Map(states.map(({ log, head }) => [log, head]));
    return { traces: [], vector: advanced(nothing, states, heads, atMs), states };
  }

  private vectorOf(cursor: string, use: CursorUse): ChangeVector {
    const vector = unpackVector(this.cursors.read(cursor, use, 'after'));
    if (vector === null) throw badCursor('after', 'is no cursor of this service');
    if (vector.atMs < windowStart(this.clock.now(), this.settings))
      throw gone('is older than what is kept: traces stored since may have left unseen');
    return vector;
  }

  /** Until something is found or nothing is left: a stretch may hold only rows of other domains. */
  private async read(domainId: string, from: ChangeVector, limit: number): Promise<Reading> {
    const sinceMs = windowStart(from.beganMs, this.settings);
    let vector = from;
    for (;;) {
      const atMs = this.clock.now();
      const states = await this.store.states();
      const unread = unreadOf(vector, states);
      if (unread === null) throw gone('is ahead of what is stored: the database was restored, or is another one');
      const stretches = unread.slice(0, limit);
      if (stretches.length === 0) return { traces: [], vector: advanced(vector, states, new Map(), atMs), states };
      const share = Math.floor(limit / stretches.length);
      const rows = await this.store.rows(domainId, stretches, share, sinceMs);
      if (hasMissed(vector, await this.store.departures(domainId), sinceMs))
        throw gone('stands before traces that left before it was asked for');
      const reached = new Map(
        stretches.map(({ log, to }) => {
          const own = rows.filter((row) => row.log === log);
          return [log, own.length < share ? to : (own.at(-1)?.seq ?? to)];
        }),
      );
      vector = advanced(vector, states, reached, atMs);
      if (rows.length > 0) return { traces: rows.map(({ row }) => renderNative(row)), vector, states };
    }
  }
}

function gone(message: string): AppError {
  const problems = [{ path: 'query.after', message: `${message}; start again from earliest or latest` }];
  return new AppError('QST.CursorGone', 'The cursor cannot be used any more', { problems });
}
