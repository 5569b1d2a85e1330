/** What other capabilities may do when the directory changes, without identity knowing them (design §3). */
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/database.js';

export interface NewDomain {
  readonly id: string;
  readonly isOperator: boolean;
  /** Its first user, who looks after the others. */
  readonly administratorId: string;
}

/** Runs in the transaction of the change; if it throws, there is none. */
export interface DomainObserver {
  created(domain: NewDomain, transaction: Transaction): Promise<void>;
  /** A user became an administrator of its domain, or is none any more. */
  administratorChanged(user: ChangedAdministrator, transaction: Transaction): Promise<void>;
  /** A domain was enabled or disabled; its row is locked. */
  domainSwitched?(domain: SwitchedDomain, transaction: Transaction): Promise<void>;
}

export interface SwitchedDomain {
  readonly id: string;
  readonly enabled: boolean;
}

export interface ChangedAdministrator {
  readonly domainId: string;
  readonly userId: string;
  readonly isAdministrator: boolean;
}

/** Where the capabilities to the right register theirs, at module initialisation. */
@Injectable()
export class DirectoryExtensions {
  private readonly observers: DomainObserver[] = [];

  addDomainObserver(observer: DomainObserver): void {
    this.observers.push(observer);
  }

  async domainCreated(domain: NewDomain, transaction: Transaction): Promise<void> {
    for (const observer of this.observers) await observer.created(domain, transaction);
  }

  async domainSwitched(domain: SwitchedDomain, transaction: Transaction): Promise<void> {
    for (const observer of this.observers) await observer.domainSwitched?.(domain, transaction);
  }

  async administratorChanged(user: ChangedAdministrator, transaction: Transaction): Promise<void> {
    for (const observer of this.observers) await observer.administratorChanged(user, transaction);
  }
}
