/** Lets a few pieces of work run at the same time and a few more wait; the rest is turned away at once. */
import { AppError } from '../kernel/errors.js';

export class Gate {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly most: number,
    private readonly mostWaiting: number,
  ) {}

  /** Throws `QST.Unavailable` when as many wait as may. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.most) {
      if (this.waiting.length >= this.mostWaiting)
        throw new AppError('QST.Unavailable', 'Too many logins at the same time. Try again later.');
      await new Promise<void>((resume) => this.waiting.push(resume));
    } else this.running++;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      // The place is handed over, so that nobody slips in between.
      if (next) next();
      else this.running--;
    }
  }
}
