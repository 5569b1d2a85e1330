/** Ready to ingest means, in a process of that role: the broker answers, and this process is a member of the group (with or without partitions). */
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Readiness } from '../platform/health/readiness.js';
import type { LogInspector } from '../platform/kafka/log-consumer.js';
import { LOG_INSPECTOR } from '../platform/tokens.js';
import { IngestWorker } from './ingest-worker.service.js';

@Injectable()
export class IngestChecks implements OnModuleInit {
  constructor(
    private readonly readiness: Readiness,
    private readonly worker: IngestWorker,
    @Inject(LOG_INSPECTOR) private readonly inspector: LogInspector,
  ) {}

  onModuleInit(): void {
    // Searching does not need the broker: its outage must not take the API out of the balancer.
    if (!this.worker.enabled) return;
    this.readiness.add({ name: 'kafka', check: () => this.inspector.ping() });
    this.readiness.add({
      name: 'partitions',
      check: () =>
        this.worker.status().running
          ? Promise.resolve()
          : Promise.reject(new Error('not a member of the consumer group')),
    });
  }
}
