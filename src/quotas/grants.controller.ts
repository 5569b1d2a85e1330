/** `/v1/quotas/grants`: limits for a time (contracts.md, Quotas). */
import { Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { Database } from '../platform/database/database.js';
import { Origin, type RequestOrigin } from '../platform/http/request-origin.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { AskReader } from './ask-reader.service.js';
import type { Actor } from './change-recorder.service.js';
import { scopeKey } from './core/scope.js';
import type { PresetName } from './core/wire-presets.js';
import { Grants } from './grants.service.js';
import {
  type ApplyPreset,
  type CreateGrant,
  createGrantSchema,
  type GrantList,
  grantListSchema,
  grantPathSchema,
  type GrantView,
  grantViewSchema,
  ofDomainSchema,
  type OfDomain,
  presetPathSchema,
  presetSchema,
  renderGrant,
  type Revoke,
  type RevokeGrants,
  revokeGrantsSchema,
  revokeSchema,
} from './limits.dto.js';
import { type Grant, LimitsStore } from './limits.store.js';
import { scopeFrom } from './quotas.dto.js';
import { domainOfReservation } from './reservation.js';
import { readOnly } from './reservations.service.js';

@ApiTags('Quotas')
@Controller('v1/quotas/grants')
export class GrantsController {
  constructor(
    private readonly grants: Grants,
    private readonly store: LimitsStore,
    private readonly reader: AskReader,
    private readonly database: Database,
  ) {}

  @Post()
  @HttpCode(201)
  @Requires('quota:grant:create', { plane: 'operator', domain: 'body.domain_id' })
  @ApiOperation({ summary: 'Grant a limit for a time' })
  @ApiZodResponse(201, grantViewSchema)
  async create(
    @ApiZodBody(createGrantSchema) body: CreateGrant,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
  ): Promise<GrantView> {
    const domainId = await this.reader.domainFor(principal, body.domain_id);
    await this.reader.level(domainId, body.quota_key, scopeFrom(body.scope));
    const [grant] = await this.grants.create(domainId, [body], { principal, origin }, body.validate_only);
    if (grant === undefined) throw new Error('one wish makes one grant');
    return renderGrant(grant);
  }

  @Post('presets/:preset')
  @HttpCode(201)
  @Requires('quota:grant:create', { plane: 'operator', domain: 'body.domain_id' })
  @ApiOperation({ summary: 'Grant what goes together, e.g. `migration`: room to move a registry in' })
  @ApiZodResponse(201, grantListSchema)
  async preset(
    @ApiZodParams(presetPathSchema) { preset }: { preset: PresetName },
    @ApiZodBody(presetSchema) body: ApplyPreset,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
  ): Promise<GrantList> {
    const domainId = await this.reader.domainFor(principal, body.domain_id);
    await this.reader.regionOf(domainId, scopeFrom(body.scope));
    const grants = await this.grants.applyPreset(domainId, preset, body, { principal, origin });
    return { grants: grants.map(renderGrant) };
  }

  @Get()
  @Requires('quota:grant:list', { plane: 'tenant', domain: 'query.domain_id' })
  @ApiOperation({ summary: 'List grants, newest first, ended and revoked ones among them' })
  @ApiZodResponse(200, grantListSchema)
  async list(
    @ApiZodQuery(ofDomainSchema) query: OfDomain,
    @CurrentPrincipal() principal: Principal,
  ): Promise<GrantList> {
    const domainId = await this.reader.domainFor(principal, query.domain_id);
    const found = await this.store.grants(readOnly(this.database), domainId, query.quota_key ?? null);
    return { grants: found.map(renderGrant) };
  }

  @Delete()
  @Requires('quota:grant:delete', { plane: 'operator', domain: 'body.domain_id' })
  @ApiOperation({ summary: 'Revoke a grant by its id, or all that are active for a key and scope' })
  @ApiZodResponse(200, grantListSchema)
  async revokeNamed(
    @ApiZodBody(revokeGrantsSchema) body: RevokeGrants,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
  ): Promise<GrantList> {
    const domainId = await this.reader.domainFor(principal, body.domain_id);
    return { grants: (await this.revoked(domainId, body, { principal, origin })).map(renderGrant) };
  }

  @Delete(':id')
  @Requires('quota:grant:delete', { plane: 'operator', domain: 'path.id', domainIn: domainOfReservation })
  @ApiOperation({ summary: 'Revoke a grant' })
  @ApiZodResponse(200, grantViewSchema)
  async revoke(
    @ApiZodParams(grantPathSchema) { id }: { id: string },
    @ApiZodBody(revokeSchema.prefault({})) body: Revoke,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
  ): Promise<GrantView> {
    const domainId = domainOfReservation(id);
    if (domainId === null) throw new AppError('QST.NotFound', 'There is no such grant.');
    return renderGrant(await this.grants.revoke(domainId, id, body.reason, { principal, origin }));
  }

  private async revoked(domainId: string, body: RevokeGrants, actor: Actor): Promise<Grant[]> {
    const { id, quota_key: quotaKey, scope, reason } = body;
    if (quotaKey !== undefined && scope !== undefined)
      return this.grants.revokeActive({ domainId, quotaKey, scope: scopeKey(scopeFrom(scope)) }, reason, actor);
    return [await this.grants.revoke(domainId, id ?? '', reason, actor)];
  }
}
