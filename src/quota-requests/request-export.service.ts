/** Exports the history of requests: short statements one after the other, each when the reader has taken what came before. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import type { Actor } from '../identity/index.js';
import { Database } from '../platform/database/database.js';
import { CLOCK } from '../platform/tokens.js';
import { operationUser, TraceRecorder } from '../traces/index.js';
import { REQUEST_EXPORT_FORMATS, type RequestExportName } from './core/request-export.js';
import { RequestLists, type RequestSelection } from './request-lists.service.js';
import { type RequestFilter, RequestListsStore, type StepPosition } from './request-lists.store.js';

const PAGE = 500;

@Injectable()
export class RequestExport {
  constructor(
    private readonly lists: RequestLists,
    private readonly store: RequestListsStore,
    private readonly database: Database,
    private readonly recorder: TraceRecorder,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** What was done until now to the requests that the filters find. Recorded as a trace before anything is told. */
  async start(
    actor: Pick<Actor, 'principal' | 'origin'>,
    selection: RequestSelection,
    name: RequestExportName,
  ): Promise<AsyncIterable<string>> {
    const filter = await this.lists.filterFor(actor, 'quota:request:export', selection);
    const { principal, origin } = actor;
    await this.database.transaction((transaction) =>
      this.recorder.record(
        {
          serviceType: 'QUOTA',
          resourceType: 'quotaRequest',
          traceName: 'exportQuotaRequests',
          rating: 'normal',
          domainId: principal.domainId,
          projectId: '',
          resourceId: filter.domainId ?? '*',
          user: operationUser(principal),
          request: { format: name },
          ...origin,
        },
        transaction,
      ),
    );
    return this.chunks(filter, name, { internal: principal.isOperator, untilMs: this.clock.now() });
  }

  private async *chunks(
    filter: RequestFilter,
    name: RequestExportName,
    bounds: { internal: boolean; untilMs: number },
  ): AsyncGenerator<string> {
    const format = REQUEST_EXPORT_FORMATS[name];
    if (format.header !== '') yield format.header;
    let exported = 0;
    let after: StepPosition | null = null;
    for (;;) {
      const steps = await this.store.steps(filter, bounds, after, PAGE);
      exported += steps.length;
      if (steps.length > 0) yield steps.map((step) => format.line(step)).join('');
      const last = steps.at(-1);
      if (last === undefined || steps.length < PAGE) break;
      after = { at: last.at, requestId: last.request_id, seq: last.seq };
    }
    yield format.footer(exported);
  }
}
