/** What happens elsewhere and leaves requests without anything to grant: an instance is deleted, a domain is disabled. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DirectoryExtensions, type DomainObserver, type SwitchedDomain } from '../identity/index.js';
import type { Transaction } from '../platform/database/database.js';
import { type ClosedScope, QuotaExtensions, type QuotaObserver } from '../quotas/index.js';
import { RequestLapses } from './request-lapses.service.js';

@Injectable()
export class RequestObservers implements DomainObserver, QuotaObserver, OnModuleInit {
  constructor(
    private readonly directory: DirectoryExtensions,
    private readonly quotas: QuotaExtensions,
    private readonly lapses: RequestLapses,
  ) {}

  onModuleInit(): void {
    this.directory.addDomainObserver(this);
    this.quotas.addObserver(this);
  }

  created(): Promise<void> {
    return Promise.resolve();
  }

  administratorChanged(): Promise<void> {
    return Promise.resolve();
  }

  async domainSwitched({ id, enabled }: SwitchedDomain, transaction: Transaction): Promise<void> {
    if (!enabled) await this.lapses.invalidate(transaction, id, null, 'the domain was disabled');
  }

  scopeClosed({ domainId, scope, traceId }: ClosedScope, transaction: Transaction): Promise<void> {
    return this.lapses.invalidate(transaction, domainId, scope, `the instance was deleted, as trace ${traceId} tells`);
  }
}
