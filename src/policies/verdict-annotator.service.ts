/** Marks each stored trace of a known action with what the policies in force say of it. Never keeps a trace from being stored. */
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { within } from '../platform/kafka/bounded.js';
import { Logger } from '../platform/logging/logger.js';
import { CLOCK } from '../platform/tokens.js';
import { type Trace, type TraceAnnotator, TraceExtensions } from '../traces/index.js';
import { TOLD_KEYS } from './core/trace-action.js';
import { succeeded, type Verdict, verdictOf } from './core/verdict.js';
import { Judge } from './decisions.service.js';
import { PolicySnapshots } from './policy-snapshots.service.js';
import { type TraceQuestion, TraceQuestions, type Unasked } from './trace-questions.service.js';
import { type NoVerdict, VerdictMetrics } from './verdict.metrics.js';

/** The batch waits for verdicts no longer than this, within its own transaction. */
const LIMIT_MS = 1_000;
/** After a failure nobody waits again for so long. */
const PAUSE_MS = 5_000;

@Injectable()
export class VerdictAnnotator implements TraceAnnotator, OnModuleInit {
  private pausedUntil = -Infinity;

  constructor(
    private readonly extensions: TraceExtensions,
    private readonly questions: TraceQuestions,
    private readonly snapshots: PolicySnapshots,
    private readonly metrics: VerdictMetrics,
    private readonly log: Logger,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.extensions.setAnnotator(this);
  }

  /** `allowed`, `denied`, or null where nothing can be said; all null when policies or users cannot be read in time. */
  async annotate(traces: readonly Trace[]): Promise<readonly (Verdict | null)[]> {
    if (performance.now() < this.pausedUntil) return this.none(traces);
    try {
      return await within(this.judge(traces), LIMIT_MS, 'judging traces');
    } catch (error) {
      this.pausedUntil = performance.now() + PAUSE_MS;
      this.log.warn('traces are stored without verdicts: policies or users could not be read', { error });
      return this.none(traces);
    }
  }

  private none(traces: readonly Trace[]): null[] {
    this.metrics.undecided('unavailable', traces.length);
    return traces.map(() => null);
  }

  private async judge(traces: readonly Trace[]): Promise<(Verdict | null)[]> {
    const asked = await this.questions.of(traces);
    const judges = await this.judgesOf(asked);
    const counts = new Map<Verdict | NoVerdict, number>();
    const verdicts = traces.map((trace, index) => {
      const outcome = this.verdict(trace, asked[index] ?? 'foreign', judges);
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      return outcome === 'allowed' || outcome === 'denied' ? outcome : null;
    });
    for (const [outcome, count] of counts) {
      if (outcome === 'allowed' || outcome === 'denied') this.metrics.decided(outcome, count);
      else this.metrics.undecided(outcome, count);
    }
    return verdicts;
  }

  private verdict(
    trace: Trace,
    asked: TraceQuestion | Unasked,
    judges: ReadonlyMap<TraceQuestion['subject'], Judge>,
  ): Verdict | NoVerdict {
    if (typeof asked === 'string') {
      if (asked === 'unmapped')
        this.metrics.noAction(`${trace.serviceType}/${trace.resourceType}/${trace.traceName}`.slice(0, 128));
      return asked;
    }
    const { subject, question, self } = asked;
    const judge = judges.get(subject);
    if (judge === undefined) return 'unavailable';
    const decision = judge.decide(question, null);
    const verdict = verdictOf(decision, self);
    if (verdict !== 'denied') return verdict ?? 'own';
    // Under a condition on what no trace tells, e.g. the second factor, it may well have been allowed.
    if (decision === 'ImplicitDeny' && judge.asksBeyond(TOLD_KEYS)) {
      if (judge.explain(question, null).missingContext.length > 0) return 'context';
    }
    if (succeeded(trace)) this.metrics.doneThoughDenied(decision === 'ExplicitDeny' ? 'explicit' : 'implicit');
    return 'denied';
  }

  /** One for each user of the batch, by what is in force now. */
  private async judgesOf(
    asked: readonly (TraceQuestion | Unasked)[],
  ): Promise<ReadonlyMap<TraceQuestion['subject'], Judge>> {
    const subjects = new Set(asked.flatMap((found) => (typeof found === 'string' ? [] : [found.subject])));
    const nowMs = this.clock.now();
    const domains = [...new Set([...subjects].map(({ domainId }) => domainId))];
    const loaded = await Promise.all(domains.map((domainId) => this.snapshots.of(domainId)));
    const byDomain = new Map(loaded.map((snapshot) => [snapshot.domainId, snapshot]));
    const judges = new Map<TraceQuestion['subject'], Judge>();
    for (const subject of subjects) {
      const snapshot = byDomain.get(subject.domainId);
      if (snapshot !== undefined) judges.set(subject, new Judge(subject, snapshot, [], nowMs));
    }
    return judges;
  }
}
