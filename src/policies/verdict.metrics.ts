/** What verdicts of stored traces come to. Labels are bounded, also where senders choose the names. */
import { Injectable } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { Metrics } from '../platform/metrics/metrics.js';
import type { Unasked } from './trace-questions.service.js';

/** `own` everybody may for what is its own; `context` a condition asks for what traces do not tell; `unavailable` policies or users could not be read. */
export type NoVerdict = Unasked | 'own' | 'context' | 'unavailable';

const MOST_OPERATIONS = 100;

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
      help: 'Traces that the policies in force were asked about at ingest; redelivered ones count again.',
      labelNames: ['verdict'],
    });
    this.missing = metrics.counter({
      name: 'quaestor_trace_verdicts_missing_total',
      help: 'Traces stored without a verdict, by reason.',
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

  decided(verdict: 'allowed' | 'denied', count: number): void {
    if (count > 0) this.verdicts.inc({ verdict }, count);
  }

  undecided(reason: NoVerdict, count: number): void {
    if (count > 0) this.missing.inc({ reason }, count);
  }

  noAction(operation: string): void {
    const isKnown = this.operations.has(operation) || this.operations.size < MOST_OPERATIONS;
    if (isKnown) this.operations.add(operation);
    this.unmapped.inc({ operation: isKnown ? operation : 'other' });
  }

  doneThoughDenied(kind: 'implicit' | 'explicit'): void {
    this.done.inc({ kind });
  }
}
