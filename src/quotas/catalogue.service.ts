/** The definitions in force, read again whenever their revision has changed. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database, type Sql } from '../platform/database/database.js';
import type { Definition } from './core/definition.js';
import { TraceEffects } from './core/trace-effects.js';
import { definitionFrom, SEEDS } from './core/wire-definition.js';
import { DefinitionsStore } from './definitions.store.js';

export interface Catalogue {
  readonly revision: string;
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly effects: TraceEffects;
}

const RECENT_MS = 500;

@Injectable()
export class CatalogueService implements OnModuleInit {
  private known: Catalogue | null = null;
  private recentUntil = 0;

  constructor(
    private readonly database: Database,
    private readonly store: DefinitionsStore,
  ) {}

  /** Before anything is consumed or answered: a trace that comes before the definitions would not count. */
  onModuleInit(): Promise<void> {
    return this.store.seed(SEEDS);
  }

  /**
   * As of the statement; in a transaction as of its statement.
   *
   * @param told the revision, where the caller has just read it
   */
  async current(sql: Sql = this.database, told?: string): Promise<Catalogue> {
    const revision = told ?? (await this.store.revision(sql));
    this.recentUntil = performance.now() + RECENT_MS;
    if (this.known?.revision === revision) return this.known;
    const definitions = new Map(
      (await this.store.all(sql)).map(({ document }) => [document.key, definitionFrom(document)]),
    );
    // A change between the two statements makes the definitions newer than their revision; they are then read once more.
    this.known = { revision, definitions, effects: new TraceEffects(definitions.values()) };
    return this.known;
  }

  /** As of at most half a second ago: for checks of form and for reading. What is granted is decided by {@link current}. */
  async recent(): Promise<Catalogue> {
    if (this.known !== null && performance.now() < this.recentUntil) return this.known;
    return this.current();
  }

  /** After a change of our own, so that the next question is answered by it. */
  forget(): void {
    this.known = null;
  }
}
