/** `/v1/domains`: the operator's administration of domains. */
import { Controller, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Idempotent, type IdempotentRequest } from '../platform/http/idempotency.js';
import { Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { CurrentActor } from './current-actor.js';
import type { Actor } from './directory-recorder.service.js';
import { DomainViews } from './domain-views.service.js';
import {
  type CreateDomain,
  type CreatedDomain,
  createdDomainSchema,
  createDomainSchema,
  type DomainList,
  domainListSchema,
  domainPathSchema,
  type DomainView,
  domainViewSchema,
  type ListDomains,
  listDomainsSchema,
  type UpdateDomain,
  updateDomainSchema,
} from './domains.dto.js';
import { DomainSwitches } from './domain-switches.service.js';
import { DomainsService } from './domains.service.js';

@ApiTags('Domains')
@Controller('v1/domains')
export class DomainsController {
  constructor(
    private readonly domains: DomainsService,
    private readonly switches: DomainSwitches,
    private readonly views: DomainViews,
  ) {}

  @Requires('iam:domains:create', { plane: 'operator' })
  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Create a domain with its projects and its administrator' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  @ApiZodResponse(201, createdDomainSchema)
  create(
    @ApiZodBody(createDomainSchema) body: CreateDomain,
    @CurrentActor() actor: Actor,
    @Idempotent() request: IdempotentRequest | null,
  ): Promise<CreatedDomain> {
    return this.domains.create(body, actor, request);
  }

  @Requires('iam:domains:list', { plane: 'operator' })
  @Get()
  @ApiOperation({ summary: 'List domains by name' })
  @ApiZodResponse(200, domainListSchema)
  list(@ApiZodQuery(listDomainsSchema) query: ListDomains): Promise<DomainList> {
    return this.views.page(query);
  }

  @Requires('iam:domains:get', { plane: 'operator', domain: 'path.id', resource: '{id}' })
  @Get(':id')
  @ApiOperation({ summary: 'Show a domain' })
  @ApiZodResponse(200, domainViewSchema)
  get(@ApiZodParams(domainPathSchema) { id }: { id: string }): Promise<DomainView> {
    return this.views.one(id);
  }

  @Requires('iam:domains:update', { plane: 'operator', domain: 'path.id', resource: '{id}' })
  @Patch(':id')
  @ApiOperation({ summary: 'Enable or disable a domain, or the recording of its traces' })
  @ApiZodResponse(200, domainViewSchema)
  async update(
    @ApiZodParams(domainPathSchema) { id }: { id: string },
    @ApiZodBody(updateDomainSchema) body: UpdateDomain,
    @CurrentActor() actor: Actor,
  ): Promise<DomainView> {
    await this.switches.update(id, body, actor);
    return this.views.one(id);
  }
}
