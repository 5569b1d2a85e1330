/** Goes through the stored traces once more, under draft limits: who would have been refused, and when. */
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import { type StoredOperation, StoredTraces } from '../traces/index.js';
import { AskReader } from './ask-reader.service.js';
import { type Catalogue, CatalogueService } from './catalogue.service.js';
import { type DraftLimit, LimitReplay } from './core/limit-replay.js';
import { LimitTally } from './core/limit-tally.js';
import { scopeKey } from './core/scope.js';
import type { InstanceClosure, UsageChange } from './core/trace-effects.js';
import { refName } from './ledger.store.js';
import { type LimitReplayRequest, renderProgress, renderSummary } from './limit-replay.dto.js';
import { LimitReplayStore } from './limit-replay.store.js';
import { scopeFrom } from './quotas.dto.js';

interface Run {
  readonly domainId: string;
  /** Where the stored traces begin: the ledger tells what was there then. */
  readonly knownFromMs: number;
  readonly fromMs: number;
  readonly toMs: number | null;
  readonly keys: ReadonlySet<string>;
  readonly catalogue: Catalogue;
  readonly replay: LimitReplay;
}

@Injectable()
export class LimitReplays {
  constructor(
    private readonly traces: StoredTraces,
    private readonly catalogue: CatalogueService,
    private readonly reader: AskReader,
    private readonly store: LimitReplayStore,
  ) {}

  /**
   * Lines of NDJSON: one of progress after each page, the summary last. Throws `QST.BadRequest` for a key that is not defined or
   * a scope that is none of it.
   */
  async start(domainId: string, request: LimitReplayRequest): Promise<AsyncIterable<string>> {
    const catalogue = await this.catalogue.current();
    const drafts = draftsOf(request, catalogue);
    for (const { quota_key: key, scope } of request.limits)
      if (scope !== undefined) await this.reader.level(domainId, key, scopeFrom(scope));
    const keys = new Set(drafts.map(({ quotaKey }) => quotaKey));
    const knownFromMs = this.traces.beginning(null);
    const replay = new LimitReplay(drafts, await this.store.usedAt(domainId, [...keys], knownFromMs));
    const fromMs = this.traces.beginning(request.from ?? null);
    return this.lines({ domainId, knownFromMs, fromMs, toMs: request.to ?? null, keys, catalogue, replay });
  }

  private async *lines(run: Run): AsyncGenerator<string> {
    const { domainId, knownFromMs, toMs, replay } = run;
    const tally = new LimitTally();
    for await (const page of this.traces.pages(domainId, knownFromMs, toMs, namesOf(run))) {
      await this.evaluate(page, run, tally);
      yield renderProgress(tally);
    }
    tally.overAtStart ??= replay.over();
    yield renderSummary(tally, domainId);
  }

  /** What came before the window is taken as it was. */
  private async evaluate(page: readonly StoredOperation[], run: Run, tally: LimitTally): Promise<void> {
    const { replay, keys, catalogue, fromMs } = run;
    const told = page.map((trace) => ({
      trace,
      changes: catalogue.effects.of(trace).filter((change) => change.kind === 'close' || keys.has(change.quotaKey)),
    }));
    await this.recall(told.flatMap(({ changes }) => changes).filter(isUsage), run);
    for (const { trace, changes } of told) {
      const isJudged = trace.recordTime >= fromMs;
      if (isJudged) {
        tally.overAtStart ??= replay.over();
        tally.evaluated += 1;
      }
      for (const change of changes) judge(trace, change, isJudged, replay, tally);
    }
  }

  /** Which of the page's resources were there before all traces that are stored. */
  private async recall(changes: readonly UsageChange[], { domainId, knownFromMs, replay }: Run): Promise<void> {
    const unknown = changes
      .filter((change) => !replay.knows(change))
      .map(({ quotaKey, space, resourceName }) => ({ domainId, quotaKey, space, resourceName }));
    const there = await this.store.thereAt(unknown, knownFromMs);
    for (const ref of unknown) replay.begin(ref, there.get(refName(ref)) ?? null);
  }
}

function isUsage(change: UsageChange | InstanceClosure): change is UsageChange {
  return change.kind !== 'close';
}

function judge(
  { traceId, recordTime, user }: StoredOperation,
  change: UsageChange | InstanceClosure,
  isJudged: boolean,
  replay: LimitReplay,
  tally: LimitTally,
): void {
  if (!isUsage(change)) {
    replay.close(change);
    return;
  }
  const refused = replay.apply(change, isJudged);
  if (isJudged) tally.counted += 1;
  if (refused !== null) tally.add({ ...refused, traceId, recordTime, resourceName: change.resourceName, user });
}

/** Names of the traces that change what the drafts limit, or close instances. */
function namesOf({ keys, catalogue: { definitions } }: Run): string[] {
  const effects = [...definitions.values()].flatMap(({ key, traces }) =>
    traces.filter(({ effect }) => keys.has(key) || effect === 'close'),
  );
  return [...new Set(effects.flatMap(({ traceNames }) => traceNames))];
}

function draftsOf({ limits }: LimitReplayRequest, { definitions }: Catalogue): DraftLimit[] {
  const problems = limits.flatMap(({ quota_key: key }, index) =>
    definitions.has(key) ? [] : [{ path: `body.limits[${String(index)}].quota_key`, message: 'is not defined' }],
  );
  if (problems.length > 0) throw new AppError('QST.BadRequest', 'The request is not valid', { problems });
  return limits.map(({ quota_key: quotaKey, scope, limit }) => ({
    quotaKey,
    limit,
    for:
      scope === undefined
        ? { kind: definitions.get(quotaKey)?.scopeKind ?? 'domain' }
        : { scope: scopeKey(scopeFrom(scope)) },
  }));
}
