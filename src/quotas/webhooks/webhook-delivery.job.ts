/** Sends what is due to webhooks, in one process at a time; of a delivery that a crash left, again. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { Metrics } from '../../platform/metrics/metrics.js';
import { JobScheduler } from '../../platform/scheduling/job-scheduler.js';
import { judgeAttempt } from '../core/webhook-events.js';
import { type DueDelivery, WebhookDeliveriesStore } from './webhook-deliveries.store.js';
import { WebhookSender } from './webhook-sender.service.js';

const INTERVAL_MS = 2_000;
/** Longer than a run with slow receivers in every place. */
const TIMEOUT_MS = 120_000;
const AT_ONCE = 32;
/** Longer than an attempt may take (`WEBHOOK_TIMEOUT_MS`). */
const HOLD_MS = 90_000;

@Injectable()
export class WebhookDeliveryJob implements OnModuleInit {
  private readonly attempts: Counter<'outcome'>;

  constructor(
    private readonly deliveries: WebhookDeliveriesStore,
    private readonly sender: WebhookSender,
    private readonly scheduler: JobScheduler,
    metrics: Metrics,
  ) {
    this.attempts = metrics.counter({
      name: 'quaestor_webhook_attempts_total',
      help: 'Attempts to deliver to a webhook by what they leave the delivery: delivered, pending (made again later), failed.',
      labelNames: ['outcome'],
    });
    metrics.gauge({
      name: 'quaestor_webhook_oldest_due_seconds',
      help: 'Age of the oldest delivery to a webhook that is due and not sent; 0 when none is.',
      async collect() {
        const seconds = await deliveries.oldestDueSeconds().catch(() => null);
        if (seconds !== null) this.set(seconds);
      },
    });
  }

  onModuleInit(): void {
    this.scheduler.register({
      name: 'webhook-delivery',
      intervalMs: INTERVAL_MS,
      timeoutMs: TIMEOUT_MS,
      runAtStart: true,
      run: (signal) => this.run(signal),
    });
  }

  /** Until nothing is due, or it is told to stop. */
  async run(signal: AbortSignal): Promise<void> {
    await this.deliveries.giveUp();
    while (!signal.aborted) {
      const due = await this.deliveries.take(AT_ONCE, HOLD_MS);
      if (due.length === 0) return;
      const ended = await Promise.allSettled(due.map((delivery) => this.deliver(delivery, signal)));
      const failed = ended.find((one) => one.status === 'rejected');
      if (failed && !signal.aborted) throw failed.reason;
    }
  }

  private async deliver(delivery: DueDelivery, signal: AbortSignal): Promise<void> {
    const attempt = await this.sender.attempt(delivery, signal);
    const verdict = judgeAttempt(attempt.status, delivery.tries, Math.random());
    await this.deliveries.settle(delivery, attempt, verdict);
    this.attempts.inc({ outcome: verdict.state });
  }
}
