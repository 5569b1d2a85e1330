/** `/v1/quotas/specs`: which specification an enterprise instance was bought with; its limits are in the definitions. */
import { Controller, Delete, Get, Headers, HttpCode, Put, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../kernel/principal.js';
import { Database } from '../platform/database/database.js';
import { badCursor, CursorSigner, cursorScope } from '../platform/http/cursor-signer.js';
import { Origin, type RequestOrigin } from '../platform/http/request-origin.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { AskReader } from './ask-reader.service.js';
import { scopeKey } from './core/scope.js';
import { entityTag } from './entity-tag.js';
import {
  type DeleteSpec,
  deleteSpecSchema,
  type ListSpecs,
  listSpecsSchema,
  renderSpec,
  type SetSpec,
  setSpecSchema,
  type SpecList,
  specListSchema,
  type SpecView,
  specViewSchema,
} from './instance-specs.dto.js';
import { InstanceSpecs, type SpecWish } from './instance-specs.service.js';
import { InstanceSpecsStore } from './instance-specs.store.js';
import { scopeFrom } from './quotas.dto.js';
import { readOnly } from './reservations.service.js';

@ApiTags('Quotas')
@Controller('v1/quotas/specs')
export class InstanceSpecsController {
  constructor(
    private readonly specs: InstanceSpecs,
    private readonly store: InstanceSpecsStore,
    private readonly reader: AskReader,
    private readonly cursors: CursorSigner,
    private readonly database: Database,
  ) {}

  @Get()
  @Requires('quota:spec:list', { plane: 'tenant', domain: 'query.domain_id' })
  @ApiOperation({ summary: 'List the specifications of a domain’s instances' })
  @ApiZodResponse(200, specListSchema)
  async list(
    @ApiZodQuery(listSpecsSchema) query: ListSpecs,
    @CurrentPrincipal() principal: Principal,
  ): Promise<SpecList> {
    const domainId = await this.reader.domainFor(principal, query.domain_id);
    const bound = cursorScope('specs1', principal, { domainId });
    const after = query.cursor === undefined ? null : this.cursors.decode(query.cursor, bound);
    if (after !== null && typeof after !== 'string') throw badCursor('is not a cursor of this list');
    const found = await this.store.list(readOnly(this.database), domainId, after, query.limit + 1);
    const page = found.slice(0, query.limit);
    const last = page.at(-1);
    const next = found.length > page.length && last !== undefined ? this.cursors.encode(last.scope, bound) : null;
    return { specs: page.map(renderSpec), page: { count: page.length, next } };
  }

  @Put()
  @Requires('quota:spec:update', { plane: 'operator', domain: 'body.domain_id' })
  @ApiOperation({ summary: 'Set the specification of an instance' })
  @ApiZodResponse(200, specViewSchema)
  async set(
    @ApiZodBody(setSpecSchema) body: SetSpec,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SpecView> {
    const wish = await this.wishOf(principal, body, body.spec, ifMatch);
    const set = await this.specs.change(wish, { principal, origin });
    if (set === null) throw new Error('what was set is there');
    reply.header('etag', entityTag(set.version));
    return renderSpec(set);
  }

  @Delete()
  @HttpCode(204)
  @Requires('quota:spec:delete', { plane: 'operator', domain: 'body.domain_id' })
  @ApiOperation({ summary: 'Take the specification of an instance back' })
  @ApiNoContentResponse()
  async delete(
    @ApiZodBody(deleteSpecSchema) body: DeleteSpec,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
  ): Promise<void> {
    await this.specs.change(await this.wishOf(principal, body, null, ifMatch), { principal, origin });
  }

  private async wishOf(
    principal: Principal,
    body: DeleteSpec,
    spec: string | null,
    ifMatch: string | undefined,
  ): Promise<SpecWish> {
    const domainId = await this.reader.domainFor(principal, body.domain_id);
    const scope = scopeFrom(body.scope);
    await this.reader.regionOf(domainId, scope);
    const { reason, force, validate_only: validateOnly } = body;
    return { domainId, scope: scopeKey(scope), spec, reason, force, validateOnly, ifMatch };
  }
}
