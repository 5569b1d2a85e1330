/** Shows and changes what a project reports to its traces; a change is itself a trace. */
import { Injectable } from '@nestjs/common';
import type { Principal } from '../kernel/principal.js';
import { Database } from '../platform/database/database.js';
import type { ConfigurationBody } from './configuration.dto.js';
import { ConfigurationStore } from './configuration.store.js';
import { operationUser, TraceRecorder } from './trace-recorder.service.js';

/** Who changed it, and in which request. */
export interface ChangeContext {
  readonly principal: Principal;
  readonly sourceIp: string;
  readonly requestId: string;
  readonly userAgent?: string | undefined;
}

/**
 * Where nobody set one. Unlike the original, which records read-only operations only when asked to, ours stores whatever
 * services send until it is told not to: for an audit, silence by default is the worse surprise.
 */
const DEFAULT: ConfigurationBody = {
  is_sync_global_trace: false,
  is_support_read_only: true,
  support_read_only_services: [],
};

@Injectable()
export class ConfigurationService {
  constructor(
    private readonly database: Database,
    private readonly store: ConfigurationStore,
    private readonly recorder: TraceRecorder,
  ) {}

  async show(domainId: string, projectId: string): Promise<ConfigurationBody> {
    const found = await this.store.find({ domainId, projectId });
    if (found === null) return DEFAULT;
    return {
      is_sync_global_trace: found.syncGlobalTrace,
      is_support_read_only: found.supportReadOnly,
      support_read_only_services: [...found.readOnlyServices],
    };
  }

  async update(projectId: string, body: ConfigurationBody, context: ChangeContext): Promise<void> {
    const { principal } = context;
    const owner = { domainId: principal.domainId, projectId };
    const configuration = {
      syncGlobalTrace: body.is_sync_global_trace,
      supportReadOnly: body.is_support_read_only,
      readOnlyServices: [...new Set(body.support_read_only_services)],
    };
    await this.database.transaction(async (transaction) => {
      await this.store.save(owner, configuration, transaction);
      await this.recorder.record(
        {
          serviceType: 'CTS',
          resourceType: 'configuration',
          traceName: 'updateConfiguration',
          rating: 'normal',
          ...owner,
          resourceId: projectId,
          user: operationUser(principal),
          sourceIp: context.sourceIp,
          code: '204',
          request: body,
          requestId: context.requestId,
          ...(context.userAgent === undefined ? {} : { userAgent: context.userAgent }),
        },
        transaction,
      );
    });
  }
}
