/** `/v1/quotas/limits`, `/splits`, and the history (contracts.md, Quotas). */
import { Controller, Delete, Get, Headers, HttpCode, Put, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { Database } from '../platform/database/database.js';
import { Origin, type RequestOrigin } from '../platform/http/request-origin.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { AskReader } from './ask-reader.service.js';
import { ChangesStore } from './changes.store.js';
import { entityTag } from './entity-tag.js';
import {
  type DeleteLimitBody,
  deleteLimitSchema,
  type History,
  historyQuerySchema,
  type HistoryQuery,
  historySchema,
  type LimitList,
  limitListSchema,
  ofDomainSchema,
  type OfDomain,
  renderHistory,
  renderLimit,
  type SetLimitBody,
  setLimitSchema,
  type SetLimitView,
  setLimitViewSchema,
  splitSchema,
} from './limits.dto.js';
import { Limits } from './limits.service.js';
import { LimitsStore } from './limits.store.js';
import { scopeFrom } from './quotas.dto.js';
import { readOnly } from './reservations.service.js';

@ApiTags('Quotas')
@Controller('v1/quotas')
export class LimitsController {
  constructor(
    private readonly limits: Limits,
    private readonly store: LimitsStore,
    private readonly changes: ChangesStore,
    private readonly reader: AskReader,
    private readonly database: Database,
  ) {}

  @Get('limits')
  @Requires('quota:limit:list', { plane: 'tenant', domain: 'query.domain_id' })
  @ApiOperation({ summary: 'List the limits that were set' })
  @ApiZodResponse(200, limitListSchema)
  async list(
    @ApiZodQuery(ofDomainSchema) query: OfDomain,
    @CurrentPrincipal() principal: Principal,
  ): Promise<LimitList> {
    const domainId = await this.reader.domainFor(principal, query.domain_id);
    const found = await this.store.list(readOnly(this.database), domainId, query.quota_key ?? null);
    return { limits: found.map(renderLimit) };
  }

  @Put('limits')
  @Requires('quota:limit:update', { plane: 'operator', domain: 'body.domain_id' })
  @ApiOperation({ summary: 'Set a limit for a scope' })
  @ApiZodResponse(200, setLimitViewSchema)
  async set(
    @ApiZodBody(setLimitSchema) body: SetLimitBody,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SetLimitView> {
    const domainId = await this.reader.domainFor(principal, body.domain_id);
    await this.reader.level(domainId, body.quota_key, scopeFrom(body.scope));
    const set = await this.limits.set(domainId, body, { principal, origin }, { plane: 'operator', ifMatch });
    reply.header('etag', entityTag(set.version));
    return renderLimit(set);
  }

  @Delete('limits')
  @HttpCode(204)
  @Requires('quota:limit:delete', { plane: 'operator', domain: 'body.domain_id' })
  @ApiOperation({ summary: 'Delete a limit that was set' })
  @ApiNoContentResponse()
  async delete(
    @ApiZodBody(deleteLimitSchema) body: DeleteLimitBody,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
  ): Promise<void> {
    const domainId = await this.reader.domainFor(principal, body.domain_id);
    await this.limits.delete(domainId, body, { principal, origin }, { plane: 'operator', ifMatch });
  }

  @Put('splits')
  @Requires('quota:split:update', { plane: 'tenant' })
  @ApiOperation({ summary: 'Split what the domain was given among its projects, users and instances' })
  @ApiZodResponse(200, setLimitViewSchema)
  async split(
    @ApiZodBody(splitSchema) body: Omit<SetLimitBody, 'force' | 'domain_id'>,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SetLimitView> {
    refuseDomain(body.scope.kind);
    const { domainId } = principal;
    await this.reader.level(domainId, body.quota_key, scopeFrom(body.scope));
    const wanted = { ...body, force: false };
    const set = await this.limits.set(domainId, wanted, { principal, origin }, { plane: 'tenant', ifMatch });
    reply.header('etag', entityTag(set.version));
    return renderLimit(set);
  }

  @Delete('splits')
  @HttpCode(204)
  @Requires('quota:split:delete', { plane: 'tenant' })
  @ApiOperation({ summary: 'Take back a split' })
  @ApiNoContentResponse()
  async unsplit(
    @ApiZodBody(deleteLimitSchema.omit({ domain_id: true })) body: Omit<DeleteLimitBody, 'domain_id'>,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
  ): Promise<void> {
    await this.limits.delete(principal.domainId, body, { principal, origin }, { plane: 'tenant', ifMatch });
  }

  @Get('history')
  @Requires('quota:history:list', { plane: 'tenant', domain: 'query.domain_id' })
  @ApiOperation({ summary: 'Who changed limits and grants, and why; newest first' })
  @ApiZodResponse(200, historySchema)
  async history(
    @ApiZodQuery(historyQuerySchema) query: HistoryQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<History> {
    const isInstallation = query.installation === 'true';
    if (isInstallation && !principal.isOperator)
      throw new AppError('QST.Forbidden', 'You are not authorized to perform this operation: it is an operator’s.');
    const domainId = isInstallation ? '' : await this.reader.domainFor(principal, query.domain_id);
    const { quota_key: quotaKey = null, before: beforeMs = null, limit } = query;
    return renderHistory(await this.changes.list(readOnly(this.database), { domainId, quotaKey, beforeMs, limit }));
  }
}

function refuseDomain(kind: string): void {
  if (kind !== 'domain') return;
  const problems = [{ path: 'body.scope.kind', message: 'must be below the domain, which is what is split' }];
  throw new AppError('QST.BadRequest', 'The request is not valid', { problems });
}
