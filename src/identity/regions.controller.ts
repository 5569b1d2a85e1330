/** `/v1/regions`, and IAM's view of them under `/v3/regions`. */
import { Controller, Delete, Get, HttpCode, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../kernel/principal.js';
import { CalledUrl, type RequestUrl } from '../platform/http/request-url.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { CurrentActor } from './current-actor.js';
import type { Actor } from './directory-recorder.service.js';
import { notFound } from './directory-faults.js';
import { RegionDirectory } from './region-directory.service.js';
import {
  detailsOf,
  type IamRegionAnswer,
  type IamRegionListAnswer,
  iamRegionListSchema,
  type IamRegionPath,
  iamRegionPathSchema,
  iamRegionSchema,
  type PutRegion,
  putRegionSchema,
  type RegionList,
  regionListSchema,
  type RegionPath,
  regionPathSchema,
  regionPutPathSchema,
  regionSchema,
  type RegionView,
  renderIamRegion,
  renderIamRegions,
  renderRegion,
} from './regions.dto.js';
import { RegionsService } from './regions.service.js';

@ApiTags('Regions')
@Controller('v1/regions')
export class RegionsController {
  constructor(
    private readonly directory: RegionDirectory,
    private readonly regions: RegionsService,
  ) {}

  @Requires('iam:regions:list', { plane: 'tenant', self: true })
  @Get()
  @ApiOperation({ summary: 'List the regions open to the caller, with their zones and features' })
  @ApiZodResponse(200, regionListSchema)
  async list(@CurrentPrincipal() principal: Principal): Promise<RegionList> {
    const regions = await this.directory.visibleTo(principal);
    return { regions: regions.map((region) => renderRegion(region, principal.isOperator)) };
  }

  @Requires('iam:regions:update', { plane: 'operator' })
  @Put(':id')
  @ApiOperation({ summary: 'Create or replace a region' })
  @ApiZodResponse(200, regionSchema)
  async put(
    @ApiZodParams(regionPutPathSchema) { id }: RegionPath,
    @ApiZodBody(putRegionSchema) body: PutRegion,
    @CurrentActor() actor: Actor,
  ): Promise<RegionView> {
    const { kind, allowed_domains: allowedDomains = null } = body;
    return renderRegion(await this.regions.put(id, { kind, allowedDomains, details: detailsOf(body) }, actor), true);
  }

  @Requires('iam:regions:delete', { plane: 'operator' })
  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Withdraw a region that no project is in' })
  withdraw(@ApiZodParams(regionPathSchema) { id }: RegionPath, @CurrentActor() actor: Actor): Promise<void> {
    return this.regions.withdraw(id, actor);
  }
}

@ApiTags('IAM regions')
@Controller('v3/regions')
export class IamRegionsController {
  constructor(private readonly directory: RegionDirectory) {}

  @Requires('iam:regions:list', { plane: 'tenant', self: true })
  @Get()
  @ApiOperation({ summary: 'List the regions open to the caller' })
  @ApiZodResponse(200, iamRegionListSchema)
  async list(@CurrentPrincipal() principal: Principal, @CalledUrl() url: RequestUrl): Promise<IamRegionListAnswer> {
    return renderIamRegions(await this.directory.visibleTo(principal), url);
  }

  @Requires('iam:regions:get', { plane: 'tenant', self: true })
  @Get(':region_id')
  @ApiOperation({ summary: 'Show a region' })
  @ApiZodResponse(200, iamRegionSchema)
  async get(
    @ApiZodParams(iamRegionPathSchema) { region_id: id }: IamRegionPath,
    @CurrentPrincipal() principal: Principal,
    @CalledUrl() url: RequestUrl,
  ): Promise<IamRegionAnswer> {
    const region = await this.directory.find(id, principal);
    if (!region) throw notFound('region', id);
    return { region: renderIamRegion(region, url) };
  }
}
