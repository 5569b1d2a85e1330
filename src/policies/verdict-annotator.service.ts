/** Marks each stored trace of a known action with what the policies in force say of it. Never keeps a trace from being stored. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { DirectoryUser } from '../identity/index.js';
import { within } from '../platform/kafka/bounded.js';
import { Logger } from '../platform/logging/logger.js';
import { type Trace, type TraceAnnotator, TraceExtensions } from '../traces/index.js';
import { agreed, succeeded, type Verdict, verdictOf } from './core/verdict.js';
import { PolicySnapshots } from './policy-snapshots.service.js';
import { TraceJudge } from './trace-judge.js';
import { type TraceQuestion, TraceQuestions, type Unasked } from './trace-questions.service.js';
import { type NoVerdict, type VerdictCounts, VerdictMetrics } from './verdict.metrics.js';

/** A batch waits for verdicts no longer than this; it holds no transaction meanwhile. */
const LIMIT_MS = 3_000;
/** After a failure nobody waits again for so long. What comes too late is remembered by those who looked it up. */
const PAUSE_MS = 1_000;

type Judges = ReadonlyMap<DirectoryUser, TraceJudge>;

@Injectable()
export class VerdictAnnotator implements TraceAnnotator, OnModuleInit {
  private pausedUntil = -Infinity;
  /** Of users as they were last read, each by the policies then in force. */
  private readonly judges = new WeakMap<DirectoryUser, TraceJudge>();

  constructor(
    private readonly extensions: TraceExtensions,
    private readonly questions: TraceQuestions,
    private readonly snapshots: PolicySnapshots,
    private readonly metrics: VerdictMetrics,
    private readonly log: Logger,
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
    const counts = this.metrics.batch();
    const verdicts = traces.map((trace, index) => {
      const outcome = verdict(trace, asked[index] ?? 'foreign', judges, counts);
      counts.outcome(outcome);
      return outcome === 'allowed' || outcome === 'denied' ? outcome : null;
    });
    counts.done();
    return verdicts;
  }

  /** One for each user of the batch, by what is in force now. */
  private async judgesOf(asked: readonly (TraceQuestion | Unasked)[]): Promise<Judges> {
    const judges = new Map<DirectoryUser, TraceJudge>();
    const unread = new Map<DirectoryUser, string>();
    for (const found of asked) {
      if (typeof found === 'string' || judges.has(found.subject) || unread.has(found.subject)) continue;
      const judge = this.judgeOf(found.subject);
      if (judge === null) unread.set(found.subject, found.subject.domainId);
      else judges.set(found.subject, judge);
    }
    if (unread.size === 0) return judges;
    await this.snapshots.learn([...new Set(unread.values())]);
    for (const subject of unread.keys()) {
      const judge = this.judgeOf(subject);
      if (judge !== null) judges.set(subject, judge);
    }
    return judges;
  }

  /** Null where the policies of the domain must be read first. */
  private judgeOf(subject: DirectoryUser): TraceJudge | null {
    const snapshot = this.snapshots.known(subject.domainId);
    if (snapshot === null) return null;
    const known = this.judges.get(subject);
    if (known?.snapshot === snapshot) return known;
    const judge = new TraceJudge(subject, snapshot);
    this.judges.set(subject, judge);
    return judge;
  }
}

function verdict(
  trace: Trace,
  asked: TraceQuestion | Unasked,
  judges: Judges,
  counts: VerdictCounts,
): Verdict | NoVerdict {
  if (typeof asked === 'string') {
    if (asked === 'unmapped') counts.noAction(trace);
    return asked;
  }
  const judge = judges.get(asked.subject);
  if (judge === undefined) return 'unavailable';
  const { self } = asked.operation;
  // Under a condition on what no trace tells, e.g. the second factor, either may have been.
  const decision = agreed(judge.decisions(asked), (possible) => verdictOf(possible, self));
  if (decision === null) return 'context';
  const found = verdictOf(decision, self) ?? 'own';
  if (found === 'denied' && succeeded(trace))
    counts.doneThoughDenied(decision === 'ExplicitDeny' ? 'explicit' : 'implicit');
  return found;
}
