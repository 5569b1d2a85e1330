/** Wakes those who wait for new traces: one look at the logs for all of them, and none while nobody waits. */
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { LogState } from './core/change-vector.js';
import { TraceChangesStore, type Watched } from './trace-changes.store.js';

const POLL_MS = 500;

interface Watcher {
  readonly domainId: string;
  /** How far each log has been looked at on behalf of this watcher. */
  seen: ReadonlyMap<number, bigint>;
  readonly finish: (moved: boolean) => void;
}

@Injectable()
export class ChangePoller implements OnModuleDestroy {
  private readonly watchers = new Map<number, Watcher>();
  private serial = 0;
  private timer: NodeJS.Timeout | undefined;
  private polling = false;
  private stopped = false;

  constructor(private readonly store: TraceChangesStore) {}

  /**
   * True as soon as the domain has a trace beyond `seen` (a log not in it counts from its beginning); false after `waitMs`,
   * when the signal aborts, or when the service stops.
   */
  wait(domainId: string, seen: ReadonlyMap<number, bigint>, waitMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.stopped || signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const id = (this.serial = (this.serial + 1) % 2 ** 31);
      const finish = (moved: boolean): void => {
        clearTimeout(timeout);
        signal.removeEventListener('abort', leave);
        this.watchers.delete(id);
        resolve(moved);
      };
      const leave = (): void => finish(false);
      const timeout = setTimeout(leave, waitMs);
      signal.addEventListener('abort', leave, { once: true });
      this.watchers.set(id, { domainId, seen, finish });
      this.schedule();
    });
  }

  /** Runs before the server waits for the requests in hand. */
  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    for (const watcher of [...this.watchers.values()]) watcher.finish(false);
  }

  private schedule(): void {
    if (this.stopped || this.polling || this.timer !== undefined || this.watchers.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.polling = true;
      // A database that cannot be asked now is asked again; those who wait have a time-out of their own.
      void this.poll()
        .catch(() => undefined)
        .finally(() => {
          this.polling = false;
          this.schedule();
        });
    }, POLL_MS);
    this.timer.unref();
  }

  private async poll(): Promise<void> {
    const watchers = [...this.watchers];
    if (watchers.length === 0) return;
    const states = await this.store.states();
    const watched = watchers.flatMap(([id, { domainId, seen }]) =>
      stretches(states, seen).map((stretch): Watched => ({ ...stretch, watcher: id, domainId })),
    );
    if (watched.length === 0) return;
    const moved = await this.store.moved(watched);
    const seen = new Map(states.map(({ log, head }) => [log, head]));
    for (const [id, watcher] of watchers) {
      if (moved.has(id)) watcher.finish(true);
      else watcher.seen = seen;
    }
  }
}

function stretches(states: readonly LogState[], seen: ReadonlyMap<number, bigint>) {
  return states.flatMap(({ log, head }) => {
    const from = seen.get(log) ?? 0n;
    return from < head ? [{ log, from, to: head }] : [];
  });
}
