/** Records what is done to the directory as traces of service IAM. */
import { Injectable } from '@nestjs/common';
import type { Principal } from '../kernel/principal.js';
import type { Transaction } from '../platform/database/database.js';
import type { RequestOrigin } from '../platform/http/request-origin.js';
import type { BeyondSelf } from '../platform/http/requires.js';
import { operationUser, TraceRecorder } from '../traces/index.js';

/** Who does it, from where, and how far its policies let it go. */
export interface Actor {
  readonly principal: Principal;
  readonly origin: RequestOrigin;
  /** Whether it may do the same beyond what is its own. */
  readonly beyondSelf: BeyondSelf;
}

export interface DirectoryResource {
  /** Whose operation it is; default: IAM. */
  readonly service?: string;
  /** `user`, `userGroup`, `project` … */
  readonly type: string;
  readonly id: string;
  readonly name: string;
}

@Injectable()
export class DirectoryRecorder {
  constructor(private readonly recorder: TraceRecorder) {}

  /** In the actor's domain. `request` must come without secrets; it may be left out. */
  record(
    traceName: string,
    resource: DirectoryResource,
    { principal, origin }: Actor,
    transaction: Transaction,
    request?: unknown,
  ): Promise<void> {
    return this.recorder.record(
      {
        serviceType: resource.service ?? 'IAM',
        resourceType: resource.type,
        traceName,
        rating: 'normal',
        domainId: principal.domainId,
        projectId: principal.projectId ?? '',
        resourceId: resource.id,
        resourceName: resource.name,
        user: operationUser(principal),
        ...(request !== undefined && { request }),
        ...origin,
      },
      transaction,
    );
  }
}
