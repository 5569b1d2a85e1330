/** Looks at wishes: what is wrong with one, whether it is there already, and what rules say of it. */
import { Injectable } from '@nestjs/common';
import { ProjectDirectory } from '../identity/index.js';
import { AppError, type Problem } from '../kernel/errors.js';
import { DAY_MS } from '../kernel/clock.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { AskReader, EffectiveLimits, projectOf, type Scope, scopeKey, type ScopeStanding } from '../quotas/index.js';
import { type AutoFacts } from './core/auto-decision.js';
import { isSatisfied, wishProblems } from './core/wish.js';
import type { Wish } from './quota-request.js';
import type { RequestPlace } from './request-access.service.js';

@Injectable()
export class RequestWishes {
  constructor(
    private readonly database: Database,
    private readonly reader: AskReader,
    private readonly limits: EffectiveLimits,
    private readonly projects: ProjectDirectory,
  ) {}

  /** Throws `QST.BadRequest` with everything that is wrong with the wish at once. */
  async check(domainId: string, quotaKey: string, scope: Scope, wish: Wish): Promise<void> {
    const id = { domainId, quotaKey, scope: scopeKey(scope) };
    const { definition } = await this.limits.now(this.database, id);
    const nowMs = await this.limits.nowMs(this.database);
    const problems: Problem[] = wishProblems({ limit: wish.desired, untilMs: wish.untilMs }, definition, nowMs).map(
      ({ member, message }) => ({ path: `body.${member}`, message }),
    );
    problems.push(...this.reader.levelProblems(domainId, definition, scope));
    const projectId = projectOf(scope);
    if (projectId !== null && (await this.projects.find(domainId, projectId)) === null)
      problems.push({
        path: scope.kind === 'project' ? 'body.scope.id' : 'body.scope.project_id',
        message: 'is no project of the domain',
      });
    if (problems.length > 0) throw new AppError('QST.BadRequest', 'The request is not valid', { problems });
  }

  /**
   * How the scope stands, where there is something to ask for. Under the lock of the key's counters it stays so.
   *
   * @throws AppError QST.QuotaRequest.AlreadySatisfied, QST.Quota.ScopeClosed
   */
  async unsatisfied(transaction: Transaction, place: RequestPlace, wish: Wish): Promise<ScopeStanding> {
    const standing = await this.limits.now(transaction, place);
    if (standing.state.closed)
      throw new AppError('QST.Quota.ScopeClosed', 'The instance was deleted; nothing can be granted to it.');
    const { limit, origin } = standing.state;
    if (!(await this.isThere(transaction, place, wish, limit))) return standing;
    throw new AppError(
      'QST.QuotaRequest.AlreadySatisfied',
      `The limit of ${place.quotaKey} is ${told(limit)} already (${origin}); ${told(wish.desired)} is not above it.`,
      { details: { limit, origin, desired: wish.desired } },
    );
  }

  async isThere(transaction: Transaction, place: RequestPlace, wish: Wish, limit: number): Promise<boolean> {
    const atEnd = wish.untilMs === null ? limit : (await this.limits.at(transaction, place, wish.untilMs - 1)).limit;
    return isSatisfied({ limit: wish.desired, untilMs: wish.untilMs }, limit, atEnd);
  }

  async facts(
    transaction: Transaction,
    place: RequestPlace,
    wish: Wish,
    standing: ScopeStanding,
    { createdAtMs, nowMs }: { createdAtMs: number; nowMs: number },
  ): Promise<AutoFacts> {
    const { limit, used } = standing.state;
    const lastGrantMs = await this.limits.lastGrantMs(transaction, place);
    return {
      quotaKey: place.quotaKey,
      desired: wish.desired,
      given: standing.given,
      accountAgeDays: Math.max(0, Math.floor((nowMs - createdAtMs) / DAY_MS)),
      daysSinceGrant: lastGrantMs === null ? null : Math.max(0, Math.floor((nowMs - lastGrantMs) / DAY_MS)),
      usedPercent: limit > 0 ? Math.floor((100 * used) / limit) : null,
    };
  }
}

function told(limit: number): string {
  return limit === -1 ? 'unlimited' : String(limit);
}
