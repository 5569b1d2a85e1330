/** The rules in force, and their change. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type Actor, DirectoryRecorder } from '../identity/index.js';
import { AppError } from '../kernel/errors.js';
import { Database, type Sql } from '../platform/database/database.js';
import { requireMatch } from '../quotas/index.js';
import { type RequestRules, ruleProblems } from './core/request-rules.js';
import { rulesFrom, SEEDED_RULES, type WireRules } from './core/wire-rules.js';
import { RequestRulesStore, type StoredRules } from './request-rules.store.js';

@Injectable()
export class RequestRulesService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly store: RequestRulesStore,
    private readonly recorder: DirectoryRecorder,
  ) {}

  onModuleInit(): Promise<void> {
    return this.store.seed(this.database, SEEDED_RULES);
  }

  async stored(sql: Sql = this.database): Promise<StoredRules> {
    return (await this.store.find(sql)) ?? { version: 1, document: SEEDED_RULES };
  }

  /** As of the statement. */
  async inForce(sql: Sql): Promise<RequestRules> {
    return rulesFrom((await this.stored(sql)).document);
  }

  /** Throws `QST.BadRequest` with every problem, and `QST.PreconditionFailed`. */
  async put(
    document: WireRules,
    { ifMatch, reason, validateOnly }: { ifMatch: string | undefined; reason: string; validateOnly: boolean },
    actor: Actor,
  ): Promise<StoredRules> {
    const problems = ruleProblems(rulesFrom(document));
    if (problems.length > 0)
      throw new AppError('QST.BadRequest', 'The request is not valid', {
        problems: problems.map(({ path, message }) => ({ path: `body.${path}`, message })),
      });
    return this.database.transaction(async (transaction) => {
      await this.store.seed(transaction, SEEDED_RULES);
      const before = await this.store.lock(transaction);
      requireMatch(ifMatch, before?.version ?? null);
      const after = { version: (before?.version ?? 0) + 1, document };
      if (validateOnly) return after;
      await this.store.save(transaction, after);
      const resource = { service: 'QUOTA', type: 'quotaRequestRules', id: 'rules', name: 'rules' };
      const change = { before: before?.document ?? null, after: document, reason };
      await this.recorder.record('updateQuotaRequestRules', resource, actor, transaction, change);
      return after;
    });
  }
}
