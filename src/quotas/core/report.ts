/** Sums up how quotas stand, counter by counter; what it keeps is bounded, whatever their number. */
import { UNLIMITED } from './definition.js';
import type { LimitOrigin } from './limits.js';

export interface ReportedCounter {
  readonly domainId: string;
  readonly quotaKey: string;
  /** As `scopeKey` makes it. */
  readonly scope: string;
  readonly unit: string;
  /** -1 unlimited. */
  readonly limit: number;
  readonly origin: LimitOrigin;
  readonly used: number;
  readonly reserved: number;
  /** Whether its scope is of the kind that the quota is of: every unit counts there once. */
  readonly isOwn: boolean;
  /** Whether it takes part in the ranking of consumers. */
  readonly isRanked: boolean;
}

export interface KeyTotal {
  readonly quotaKey: string;
  readonly unit: string;
  scopes: number;
  used: number;
  reserved: number;
  near: number;
  exceeded: number;
}

export class QuotaReport {
  readonly totals = new Map<string, KeyTotal>();
  private readonly consumers = new Map<string, Ranking>();
  readonly near: Ranking;
  readonly exceeded: Ranking;

  /**
   * @param nearPercent of the limit, used and reserved together, from which it is told as near
   * @param most rows of each list; of consumers for each key
   */
  constructor(
    private readonly nearPercent: number,
    private readonly most: number,
  ) {
    this.near = new Ranking(most, share);
    this.exceeded = new Ranking(most, share);
  }

  add(counter: ReportedCounter): void {
    const { quotaKey, used, reserved, limit } = counter;
    const isOver = limit !== UNLIMITED && used > limit;
    const isNear = !isOver && limit !== UNLIMITED && used + reserved > 0 && share(counter) * 100 >= this.nearPercent;
    if (isOver) this.exceeded.add(counter);
    if (isNear) this.near.add(counter);
    if (counter.isRanked && used + reserved > 0) this.consumersOf(quotaKey).add(counter);
    if (!counter.isOwn) return;
    const total = this.totalOf(counter);
    total.scopes += 1;
    total.used += used;
    total.reserved += reserved;
    total.near += isNear ? 1 : 0;
    total.exceeded += isOver ? 1 : 0;
  }

  /** Of each key those who use most, keys in their order. */
  top(): ReportedCounter[] {
    return [...this.consumers].sort(([left], [right]) => (left < right ? -1 : 1)).flatMap(([, found]) => found.rows());
  }

  private consumersOf(quotaKey: string): Ranking {
    const known = this.consumers.get(quotaKey);
    if (known !== undefined) return known;
    const ranking = new Ranking(this.most, ({ used, reserved }) => used + reserved);
    this.consumers.set(quotaKey, ranking);
    return ranking;
  }

  private totalOf({ quotaKey, unit }: ReportedCounter): KeyTotal {
    const known = this.totals.get(quotaKey);
    if (known !== undefined) return known;
    const total = { quotaKey, unit, scopes: 0, used: 0, reserved: 0, near: 0, exceeded: 0 };
    this.totals.set(quotaKey, total);
    return total;
  }
}

/** The greatest of many, with how many there were. Ties in the order of domain, key and scope. */
export class Ranking {
  total = 0;
  private kept: ReportedCounter[] = [];

  constructor(
    private readonly most: number,
    private readonly weight: (counter: ReportedCounter) => number,
  ) {}

  add(counter: ReportedCounter): void {
    this.total += 1;
    this.kept.push(counter);
    if (this.kept.length > 2 * this.most + 16) this.kept = this.rows();
  }

  rows(): ReportedCounter[] {
    const byWeight = (left: ReportedCounter, right: ReportedCounter): number =>
      this.weight(right) - this.weight(left) || (placeOf(left) < placeOf(right) ? -1 : 1);
    return [...this.kept].sort(byWeight).slice(0, this.most);
  }
}

function placeOf({ domainId, quotaKey, scope }: ReportedCounter): string {
  return `${domainId}\0${quotaKey}\0${scope}`;
}

/** Of the limit; of a limit of 0 everything is more than all. */
function share({ used, reserved, limit }: ReportedCounter): number {
  const taken = used + reserved;
  return limit === 0 ? (taken === 0 ? 0 : Number.MAX_SAFE_INTEGER + taken) : taken / limit;
}
