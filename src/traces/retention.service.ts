/** Lets the days that are over leave, whole, and sees that the days to come are there (design §5 "Retention"). */
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Database, type Transaction } from '../platform/database/database.js';
import { dayPartition, parsePartitionName } from './day-partition.js';
import { DayPartitions, type ListedPartition } from './day-partitions.store.js';
import { DEFAULT_LOCK_RETRY, type LockRetry, retryOnCollision } from './lock-retry.js';
import { RETENTION_SETTINGS, type RetentionSettings } from './retention-settings.js';
import { droppedByLowering, planRetention, type RetentionPlan } from './retention-plan.js';
import { RetentionMetrics } from './retention.metrics.js';
import { RetentionTraces } from './retention-traces.service.js';
import { type PartitionReport, type RetentionRun, RetentionStore, type RetentionTrigger } from './retention.store.js';

export interface RetentionResult {
  readonly dropped: readonly PartitionReport[];
  readonly created: readonly PartitionReport[];
  /** What could not be done, each with its reason; the next run tries again. */
  readonly problems: readonly string[];
}

export interface RetentionRehearsal extends RetentionResult {
  /** The instant that was asked about, and the start of what a run then keeps; epoch ms. */
  readonly atMs: number;
  readonly windowFromMs: number;
}

export interface Rehearsal {
  /** Epoch ms; null or absent: now, by the database's clock. */
  readonly atMs?: number | null;
  /** How long counting one day may take before its statistics have to do. */
  readonly countTimeoutMs?: number;
}

/** Counting a detached day is a plain scan; past this time the statistics have to do. */
const COUNT_TIMEOUT_MS = 60_000;

@Injectable()
export class RetentionService {
  private readonly logger = new Logger('Retention');

  constructor(
    @Inject(RETENTION_SETTINGS) private readonly settings: RetentionSettings,
    private readonly database: Database,
    private readonly partitions: DayPartitions,
    private readonly store: RetentionStore,
    private readonly traces: RetentionTraces,
    private readonly metrics: RetentionMetrics,
  ) {}

  /** One run now; null where another process is running one. What fails is in `problems`; only a lost database throws. */
  async run(trigger: RetentionTrigger, signal?: AbortSignal): Promise<RetentionResult | null> {
    try {
      const result = await this.store.exclusively(() => this.runAlone(trigger, signal));
      this.metrics.ran(result === null ? 'busy' : result.problems.length > 0 ? 'incomplete' : 'done');
      return result;
    } catch (error) {
      this.metrics.ran('failed');
      throw error;
    }
  }

  /** What a run would do now, or at another instant. Changes nothing; the rows of days still in use are counted as they are. */
  async dryRun({ atMs = null, countTimeoutMs = COUNT_TIMEOUT_MS }: Rehearsal = {}): Promise<RetentionRehearsal> {
    const plan = await this.plan(atMs);
    const dropped: PartitionReport[] = [];
    for (const partition of plan.drop) dropped.push(await this.report(partition, countTimeoutMs));
    const lacking = await this.partitions.lacking(plan.keep.fromMs, plan.keep.toMs);
    const { nowMs, windowFromMs } = plan;
    return {
      atMs: nowMs,
      windowFromMs,
      dropped,
      created: lacking.map(({ name }) => createdReport(name)),
      problems: [],
    };
  }

  private async plan(atMs: number | null = null): Promise<RetentionPlan> {
    const nowMs = atMs ?? (await this.store.now());
    return planRetention(await this.partitions.list(), nowMs, this.settings.retentionDays);
  }

  private async runAlone(trigger: RetentionTrigger, signal?: AbortSignal): Promise<RetentionResult> {
    const formerDays = await this.store.formerRetentionDays();
    await this.closeUnfinished();
    const plan = await this.plan();
    this.warnOfLowering(plan, formerDays);
    const runId = await this.store.start(trigger, this.settings.retentionDays);
    const progress = new Progress();
    const retry: LockRetry = { ...(this.settings.lockRetry ?? DEFAULT_LOCK_RETRY), signal };
    for (const partition of plan.drop) {
      await progress.attempt(`drop ${partition.name}`, () => this.dropDay(partition, runId, retry, progress));
    }
    await progress.attempt('make the days ahead', async () => {
      this.partitions.forget();
      const names = await this.partitions.ensure(plan.keep.fromMs, plan.keep.toMs, retry);
      progress.created.push(...names.map(createdReport));
    });
    await progress.attempt('delete what outlived its time', () => this.store.clean(plan.windowFromMs));
    await this.finish(runId, progress.created, progress.error);
    this.tell(progress);
    return progress;
  }

  private async dropDay(
    partition: ListedPartition,
    runId: string,
    retry: LockRetry,
    progress: Progress,
  ): Promise<void> {
    retry.signal?.throwIfAborted();
    const noteDeparture = (transaction: Transaction): Promise<void> =>
      partition.table === 'traces' ? this.store.noteDeparture(partition, transaction) : Promise.resolve();
    // From the detach on nobody reads its rows: a follower of changes must be able to know of them before.
    await this.database.transaction(noteDeparture);
    await this.partitions.detach(partition, retry);
    const report = await this.report(partition);
    const gone = await retryOnCollision(
      () =>
        this.database.transaction(async (transaction) => {
          // Again, for a batch that was begun before the day ended and stored after the first note.
          await noteDeparture(transaction);
          const dropped = await this.partitions.drop(partition, transaction, retry);
          if (dropped) await this.store.addDropped(runId, report, transaction);
          return dropped;
        }),
      retry,
    );
    if (!gone) return;
    progress.dropped.push(report);
    this.metrics.dropped(partition.table, report.rows);
  }

  private async report(partition: ListedPartition, timeoutMs = COUNT_TIMEOUT_MS): Promise<PartitionReport> {
    const { name, fromMs, toMs, rowsEstimate } = partition;
    const counted = await this.partitions.count(partition, timeoutMs);
    const rows = counted ?? rowsEstimate;
    return { partition: name, from: fromMs, to: toMs, rows, ...(counted === null ? { exact: false } : {}) };
  }

  /** Runs whose process died: what they dropped is in their rows and must get its trace as well. */
  private async closeUnfinished(): Promise<void> {
    for (const run of await this.store.unfinished()) await this.finish(run.id, run.created, 'interrupted');
  }

  private async finish(runId: string, created: readonly PartitionReport[], error: string | null): Promise<void> {
    const owner = await this.traces.owner();
    await this.database.transaction(async (transaction: Transaction) => {
      const run: RetentionRun = await this.store.finish(runId, { created, error }, transaction);
      if (owner !== null) await this.traces.record(run, owner, transaction);
    });
  }

  private tell({ dropped, created, problems }: RetentionResult): void {
    const rows = dropped.reduce((sum, report) => sum + report.rows, 0);
    if (dropped.length > 0) this.logger.log(`dropped ${String(dropped.length)} partitions with ${String(rows)} rows`);
    if (created.length > 0) this.logger.log(`made ${String(created.length)} partitions`);
    for (const problem of problems) this.logger.warn(`could not ${problem}; the next run tries again`);
  }

  private warnOfLowering(plan: RetentionPlan, formerDays: number | null): void {
    const { retentionDays } = this.settings;
    if (formerDays === null || formerDays === retentionDays) return;
    if (formerDays < retentionDays) {
      this.logger.log(
        `RETENTION_DAYS was raised from ${String(formerDays)} to ${String(retentionDays)}: days are kept longer from now on`,
      );
      return;
    }
    const names = droppedByLowering(plan, formerDays).map(({ name }) => name);
    const what = names.length === 0 ? 'nothing is older than that' : `these will be dropped now: ${names.join(', ')}`;
    this.logger.warn(`RETENTION_DAYS was lowered from ${String(formerDays)} to ${String(retentionDays)}; ${what}`);
  }
}

/** What a run has done so far; a step that fails does not keep the others from being tried. */
class Progress implements RetentionResult {
  readonly dropped: PartitionReport[] = [];
  readonly created: PartitionReport[] = [];
  readonly problems: string[] = [];

  get error(): string | null {
    return this.problems.length === 0 ? null : this.problems.join('; ');
  }

  async attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function createdReport(name: string): PartitionReport {
  const parsed = parsePartitionName(name) ?? dayPartition('traces', 0);
  return { partition: name, from: parsed.fromMs, to: parsed.toMs, rows: 0 };
}
