/** `/v1/domains`: the operator's administration of domains. */
import { Controller, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../kernel/principal.js';
import { Origin, type RequestOrigin } from '../platform/http/request-origin.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
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
import { DomainsService } from './domains.service.js';

@ApiTags('Domains')
@Controller('v1/domains')
export class DomainsController {
  constructor(
    private readonly domains: DomainsService,
    private readonly views: DomainViews,
  ) {}

  @Requires('iam:domains:create', { plane: 'operator' })
  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Create a domain with its projects and its administrator' })
  @ApiZodResponse(201, createdDomainSchema)
  create(
    @ApiZodBody(createDomainSchema) body: CreateDomain,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
  ): Promise<CreatedDomain> {
    return this.domains.create(body, { principal, origin });
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
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
  ): Promise<DomainView> {
    await this.domains.update(id, body, { principal, origin });
    return this.views.one(id);
  }
}
