/** What verdicts of stored traces come to. Labels are bounded, also where senders choose the names. */
import { Injectable } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { Metrics } from '../platform/metrics/metrics.js';
import type { Verdict } from './core/verdict.js';
import type { AskedTrace, Unasked } from './trace-questions.service.js';

/** `own` everybody may for what is its own; `context` a condition asks for what traces do not tell; `unavailable` policies or users could not be read. */
export type NoVerdict = Unasked | 'own' | 'context' | 'unavailable';

type Kind = 'implicit' | 'explicit';
type Named = Pick<AskedTrace, 'serviceType' | 'resourceType' | 'traceName'>;

const MOST_OPERATIONS = 100;
const MOST_OPERATION_TEXT = 128;

@Injectable()
export class VerdictMetrics {
  private readonly verdicts: Counter<'verdict'>;
  private readonly missing: Counter<'reason'>;
  private readonly unmapped: Counter<'operation'>;
  private readonly done: Counter<'kind'>;
  private readonly operations = new Set<string>();

  constructor(metrics: Metrics) {
    this.verdicts = metrics.counter({
      name: 'quaestor_trace_verdicts_total',
      help: 'Traces that the policies in force were asked about at ingest, also those that are then not stored.',
      labelNames: ['verdict'],
    });
    this.missing = metrics.counter({
      name: 'quaestor_trace_verdicts_missing_total',
      help: 'Traces without a verdict at ingest, by reason.',
      labelNames: ['reason'],
    });
    this.unmapped = metrics.counter({
      name: 'quaestor_trace_operations_unmapped_total',
      help: `Traces of mapped services whose operation has no known action; the first ${String(MOST_OPERATIONS)} names, then "other".`,
      labelNames: ['operation'],
    });
    this.done = metrics.counter({
      name: 'quaestor_traces_done_though_denied_total',
      help: 'Traces of operations that succeeded though the policies in force deny them.',
      labelNames: ['kind'],
    });
  }

  undecided(reason: NoVerdict, count: number): void {
    if (count > 0) this.missing.inc({ reason }, count);
  }

  /** Counts of one batch, told when it is {@link VerdictCounts.done}: one by one they would cost more than the verdicts. */
  batch(): VerdictCounts {
    return new VerdictCounts((counts) => {
      for (const [outcome, count] of counts.outcomes)
        if (outcome === 'allowed' || outcome === 'denied') this.verdicts.inc({ verdict: outcome }, count);
        else this.undecided(outcome, count);
      for (const [operation, count] of counts.operations) this.noAction(operation, count);
      for (const [kind, count] of counts.kinds) this.done.inc({ kind }, count);
    });
  }

  private noAction(operation: string, count: number): void {
    const isKnown = this.operations.has(operation) || this.operations.size < MOST_OPERATIONS;
    if (isKnown) this.operations.add(operation);
    this.unmapped.inc({ operation: isKnown ? operation : 'other' }, count);
  }
}

export class VerdictCounts {
  readonly outcomes = new Map<Verdict | NoVerdict, number>();
  readonly operations = new Map<string, number>();
  readonly kinds = new Map<Kind, number>();

  constructor(private readonly tell: (counts: VerdictCounts) => void) {}

  outcome(outcome: Verdict | NoVerdict): void {
    count(this.outcomes, outcome);
  }

  noAction({ serviceType, resourceType, traceName }: Named): void {
    count(this.operations, `${serviceType}/${resourceType}/${traceName}`.slice(0, MOST_OPERATION_TEXT));
  }

  doneThoughDenied(kind: Kind): void {
    count(this.kinds, kind);
  }

  done(): void {
    this.tell(this);
  }
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
