/** Changes definitions: validated as a whole, versioned, with history. */
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import { Database } from '../platform/database/database.js';
import { CatalogueService } from './catalogue.service.js';
import { type Actor, ChangeRecorder } from './change-recorder.service.js';
import { definitionProblems } from './core/definition.js';
import { definitionFrom, type WireDefinition } from './core/wire-definition.js';
import { DefinitionsStore, type StoredDefinition } from './definitions.store.js';
import { requireMatch } from './entity-tag.js';

@Injectable()
export class Definitions {
  constructor(
    private readonly database: Database,
    private readonly store: DefinitionsStore,
    private readonly catalogue: CatalogueService,
    private readonly recorder: ChangeRecorder,
  ) {}

  list(): Promise<StoredDefinition[]> {
    return this.store.all(this.database);
  }

  /** Throws `QST.NotFound`. */
  async get(key: string): Promise<StoredDefinition> {
    const found = (await this.list()).find(({ document }) => document.key === key);
    if (found === undefined) throw notFound();
    return found;
  }

  /** Throws `QST.BadRequest` with every problem, `QST.PreconditionFailed`, and `QST.Conflict` for another kind of scope. */
  async put(
    document: WireDefinition,
    change: { reason: string; validateOnly: boolean; ifMatch: string | undefined },
    actor: Actor,
  ): Promise<StoredDefinition> {
    const problems = definitionProblems(definitionFrom(document));
    if (problems.length > 0)
      throw new AppError('QST.BadRequest', 'The request is not valid', {
        problems: problems.map(({ path, message }) => ({ path: `body.${path}`, message })),
      });
    const { key } = document;
    const saved = await this.database.transaction(async (transaction) => {
      const before = await this.store.lock(transaction, key);
      requireMatch(change.ifMatch, before?.version ?? null);
      // What is counted by one kind of scope cannot be read as another's.
      if (before !== null && before.document.scope_kind !== document.scope_kind)
        throw new AppError('QST.Conflict', `scope_kind is ${before.document.scope_kind}; another needs another key.`);
      if (change.validateOnly) return { version: (before?.version ?? 0) + 1, document };
      const version = await this.store.save(transaction, key, document);
      await this.recorder.record(
        transaction,
        {
          domainId: '',
          quotaKey: key,
          scope: '',
          change: 'updateQuotaDefinition',
          before: before?.document ?? null,
          after: document,
          reason: change.reason,
        },
        actor,
      );
      return { version, document };
    });
    this.catalogue.forget();
    return saved;
  }

  /** What was counted stays; from now on nothing of the key is refused. Throws `QST.NotFound`. */
  async delete(key: string, reason: string, ifMatch: string | undefined, actor: Actor): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const before = await this.store.lock(transaction, key);
      if (before === null) throw notFound();
      requireMatch(ifMatch, before.version);
      await this.store.delete(transaction, key);
      const change = { domainId: '', quotaKey: key, scope: '', change: 'deleteQuotaDefinition' };
      await this.recorder.record(transaction, { ...change, before: before.document, after: null, reason }, actor);
    });
    this.catalogue.forget();
  }
}

function notFound(): AppError {
  return new AppError('QST.NotFound', 'There is no such definition.');
}
