/** Reads single requests for those who may see them. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../identity/index.js';
import { Database, type Sql } from '../platform/database/database.js';
import { domainOfId } from '../quotas/index.js';
import type { QuotaRequest, RequestDetail } from './quota-request.js';
import { notFound, type OperatorAction, RequestAccess, type TenantAction } from './request-access.service.js';
import { RequestThreadsStore } from './request-threads.store.js';
import { RequestsStore } from './requests.store.js';

@Injectable()
export class RequestReader {
  constructor(
    private readonly database: Database,
    private readonly store: RequestsStore,
    private readonly threads: RequestThreadsStore,
    private readonly access: RequestAccess,
  ) {}

  /** Throws `QST.NotFound` for what is not there, and for what the caller may not see. */
  async get(actor: Pick<Actor, 'principal' | 'origin'>, id: string): Promise<RequestDetail> {
    const request = await this.find(this.database, actor, id);
    if (!(await this.access.maySee(actor, request))) throw notFound();
    return this.detailOf(this.database, request);
  }

  /** Not yet asked whether the caller may see it: another domain's looks like none to tenants. */
  async find(sql: Sql, { principal }: Pick<Actor, 'principal'>, id: string): Promise<QuotaRequest> {
    const domainId = domainOfId(id);
    if (domainId === null || (domainId !== principal.domainId && !principal.isOperator)) throw notFound();
    const request = await this.store.find(sql, domainId, id);
    if (request === null) throw notFound();
    return request;
  }

  /** The request, where the caller may do that with it. Throws `QST.NotFound`, `QST.Forbidden`, and what `refuse` throws. */
  async require(
    actor: Pick<Actor, 'principal' | 'origin'>,
    permission: TenantAction | OperatorAction,
    id: string,
    refuse?: (seen: QuotaRequest) => void,
  ): Promise<QuotaRequest> {
    const seen = await this.find(this.database, actor, id);
    if (refuse !== undefined && (await this.access.maySee(actor, seen))) refuse(seen);
    await this.access.require(actor, permission, seen);
    return seen;
  }

  async detailOf(sql: Sql, request: QuotaRequest): Promise<RequestDetail> {
    return {
      request,
      history: await this.threads.history(sql, request),
      comments: await this.threads.comments(sql, request),
      approvals: await this.threads.approvals(sql, request),
    };
  }
}
