/** Does a piece of work over and over: at once while there is more, after a pause when idle, backing off when it fails. */
import { backoffDelayMs, type BackoffBounds } from '../../kernel/backoff.js';
import { within } from '../kafka/bounded.js';

export interface RepeatedWorkOptions {
  /** One round. Resolves with whether there may be more to do at once. */
  readonly work: () => Promise<boolean>;
  /** Pause after a round that found nothing more, in ms. */
  readonly idleMs: number;
  readonly backoff: BackoffBounds;
  readonly onFailure: (error: unknown, delayMs: number) => void;
}

export class RepeatedWork {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private failuresInARow = 0;
  private stopped = false;

  constructor(private readonly options: RepeatedWorkOptions) {}

  get failures(): number {
    return this.failuresInARow;
  }

  get stopping(): boolean {
    return this.stopped;
  }

  /** @param first done once before the first round, e.g. what the work needs to be there; must not reject */
  start(first: Promise<void> = Promise.resolve()): void {
    this.round = first.then(() => {
      this.schedule(0);
    });
  }

  /** No further round; the one in hand is waited for up to `limitMs`. */
  async stop(limitMs: number): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await within(this.round, limitMs, 'the round in hand').catch(() => undefined);
  }

  private schedule(delayMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.round = this.once().then((nextMs) => this.schedule(nextMs));
    }, delayMs);
    this.timer.unref();
  }

  /** The delay before the next round, in ms. */
  private async once(): Promise<number> {
    try {
      const more = await this.options.work();
      this.failuresInARow = 0;
      return more ? 0 : this.options.idleMs;
    } catch (error) {
      const delayMs = backoffDelayMs(this.failuresInARow, this.options.backoff, Math.random());
      this.failuresInARow += 1;
      this.options.onFailure(error, delayMs);
      return delayMs;
    }
  }
}
