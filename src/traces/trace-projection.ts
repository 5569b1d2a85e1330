/** What other capabilities may do with a batch without ingest knowing them (design §3). */
import type { Transaction } from '../platform/database/database.js';
import type { Trace } from './core/trace.js';

/** One trace of a batch as projections see it. Its place `(log, offset)` orders traces of the same record time. */
export interface ProjectedTrace {
  readonly trace: Trace;
  readonly log: number;
  readonly offset: bigint;
}

export interface ProjectedBatch {
  /** Newly stored traces, in offset order. Duplicates are not among them. */
  readonly stored: readonly ProjectedTrace[];
  /** Traces that came after their window. They are dead-lettered, yet some projections must count them. */
  readonly expired: readonly ProjectedTrace[];
}

/** Runs last in the transaction that stores the batch; if it throws, the batch is not stored. */
export interface TraceProjection {
  readonly name: string;
  apply(batch: ProjectedBatch, transaction: Transaction): Promise<void>;
}

/**
 * Runs before the transaction that stores the batch; its answers, one per trace and opaque to `traces`, are stored beside the
 * rows. Asked about every trace that could be read, also those that are then found to be stored already, or filtered.
 */
export interface TraceAnnotator {
  annotate(traces: readonly Trace[]): Promise<readonly (string | null)[]>;
}

/** Where the capabilities to the right register theirs, at module initialisation. */
export class TraceExtensions {
  private readonly projectionList: TraceProjection[] = [];
  private annotatorInUse: TraceAnnotator | null = null;

  addProjection(projection: TraceProjection): void {
    this.projectionList.push(projection);
  }

  /** There is one annotator; a second is a defect of the composition. */
  setAnnotator(annotator: TraceAnnotator): void {
    if (this.annotatorInUse !== null) throw new Error('a trace annotator is registered already');
    this.annotatorInUse = annotator;
  }

  get projections(): readonly TraceProjection[] {
    return this.projectionList;
  }

  get annotator(): TraceAnnotator | null {
    return this.annotatorInUse;
  }
}
