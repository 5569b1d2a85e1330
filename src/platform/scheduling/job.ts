/** What a scheduled job tells of itself; schedule, lease, timeout and metrics follow from it. */
export interface JobDescriptor {
  /** Unique in the installation: the name of the lease, and the `job` label of the metrics. */
  readonly name: string;
  /** Milliseconds from the start of one run to the start of the next; a run that takes longer delays the next. */
  readonly intervalMs: number;
  /** After this time the signal of the run is aborted. */
  readonly timeoutMs: number;
  /** Run as soon as the lease is ours, so also after a restart and after taking over from a process that died. */
  readonly runAtStart?: boolean;
  /** One run. Stops early, at a point where nothing is half done, once `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

/** Why the signal of a run was aborted; it is the signal's `reason`. */
export class JobAborted extends Error {
  override readonly name = 'JobAborted';
  constructor(readonly why: 'timeout' | 'lease_lost' | 'stopping') {
    super(`the job was told to stop: ${why}`);
  }
}
