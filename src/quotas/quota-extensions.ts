/** What other capabilities may do when something happens to quotas, without quotas knowing them (design §3). */
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/database.js';

export interface ClosedScope {
  readonly domainId: string;
  /** As `scopeKey` makes it. */
  readonly scope: string;
  /** The trace that told of it. */
  readonly traceId: string;
}

/** Runs in the transaction of the change, under the locks of its counters; if it throws, there is none. */
export interface QuotaObserver {
  /** An instance was deleted, and nothing counts in it any more. */
  scopeClosed(closed: ClosedScope, transaction: Transaction): Promise<void>;
}

/** Where the capabilities to the right register theirs, at module initialisation. */
@Injectable()
export class QuotaExtensions {
  private readonly observers: QuotaObserver[] = [];

  addObserver(observer: QuotaObserver): void {
    this.observers.push(observer);
  }

  async scopeClosed(closed: ClosedScope, transaction: Transaction): Promise<void> {
    for (const observer of this.observers) await observer.scopeClosed(closed, transaction);
  }
}
