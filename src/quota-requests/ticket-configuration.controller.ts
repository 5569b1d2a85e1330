/** `/v2/servicerequest/config/…`, `/quotas`: what a ticket can be filled in with. */
import { Controller, Get, Headers } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { languageOf } from './core/wire-ticket-configuration.js';
import {
  type AccessoryLimits,
  accessoryLimitsSchema,
  type CaseLimits,
  caseLimitsSchema,
  type CaseQuotas,
  caseQuotasSchema,
  type CategoryList,
  categoryListSchema,
  type DimensionList,
  dimensionListSchema,
  type OfProblem,
  ofProblemSchema,
  ofSomeProblemSchema,
  type ParameterList,
  parameterListSchema,
  type ProblemList,
  problemListSchema,
  type ProductFilter,
  productFilterSchema,
  type ProductList,
  productListSchema,
  type RegionList,
  regionListSchema,
  renderAccessoryLimits,
  renderCategories,
  renderDimensions,
  renderLimits,
  renderParameters,
  renderProblems,
  renderProducts,
  renderRegions,
  renderSeverities,
  renderTemplates,
  type SeverityList,
  severityListSchema,
  type TemplateList,
  templateListSchema,
} from './ticket-configuration.dto.js';
import { TicketConfiguration } from './ticket-configuration.service.js';

const EVERYBODY = { plane: 'tenant', self: true } as const;

@ApiTags('OSM tickets')
@Requires('osm:configuration:list', EVERYBODY)
@Controller('v2/servicerequest')
export class TicketConfigurationController {
  constructor(private readonly configuration: TicketConfiguration) {}

  @Get('config/problems')
  @ApiOperation({ summary: 'ListProblemTypes: the one problem that tickets are filed for here' })
  @ApiZodResponse(200, problemListSchema)
  problems(
    @ApiZodQuery(ofSomeProblemSchema) _: object,
    @Headers('x-language') language: string | undefined,
  ): ProblemList {
    return renderProblems(languageOf(language));
  }

  @Get('config/categories')
  @ApiOperation({ summary: 'ListCaseCategories: kinds of tickets, with the products of each' })
  @ApiZodResponse(200, categoryListSchema)
  categories(@Headers('x-language') language: string | undefined): CategoryList {
    return renderCategories(languageOf(language));
  }

  @Get('config/product-categories')
  @ApiOperation({ summary: 'ListProductCategories: whose quotas can be raised' })
  @ApiZodResponse(200, productListSchema)
  products(
    @ApiZodQuery(productFilterSchema) { product_category_name: part = '' }: ProductFilter,
    @Headers('x-language') language: string | undefined,
  ): ProductList {
    return renderProducts(languageOf(language), part);
  }

  @Get('config/severities')
  @ApiOperation({ summary: 'ListSeverities: they become the priority of the request' })
  @ApiZodResponse(200, severityListSchema)
  severities(
    @ApiZodQuery(ofSomeProblemSchema) _: object,
    @Headers('x-language') language: string | undefined,
  ): SeverityList {
    return renderSeverities(languageOf(language));
  }

  @Get('config/regions')
  @ApiOperation({ summary: 'ListRegions: those open to the caller’s domain' })
  @ApiZodResponse(200, regionListSchema)
  async regions(
    @CurrentPrincipal() principal: Principal,
    @Headers('x-language') language: string | undefined,
  ): Promise<RegionList> {
    return renderRegions(await this.configuration.regionsFor(principal), languageOf(language));
  }

  @Get('config/extends-map')
  @ApiOperation({ summary: 'ListExtendsParams: what extends_map of a quota ticket says' })
  @ApiZodResponse(200, parameterListSchema)
  async parameters(
    @ApiZodQuery(ofProblemSchema) { product_category_id: productId }: OfProblem,
    @Headers('x-language') language: string | undefined,
  ): Promise<ParameterList> {
    const { quotaKeys, scopeKinds } = await this.configuration.choices(productId);
    return renderParameters(languageOf(language), quotaKeys, scopeKinds);
  }

  @Get('config/limits')
  @ApiOperation({ summary: 'ListCaseLimits: no mails are copied to anybody' })
  @ApiZodResponse(200, caseLimitsSchema)
  limits(): CaseLimits {
    return renderLimits();
  }

  @Get('config/satisfaction-dimensions')
  @ApiOperation({ summary: 'ListSatisfactionDimensions: what a score is about' })
  @ApiZodResponse(200, dimensionListSchema)
  dimensions(@Headers('x-language') language: string | undefined): DimensionList {
    return renderDimensions(languageOf(language));
  }

  @Get('config/templates')
  @ApiOperation({ summary: 'ListCaseTemplates: what a description should say' })
  @ApiZodResponse(200, templateListSchema)
  templates(
    @ApiZodQuery(ofSomeProblemSchema) _: object,
    @Headers('x-language') language: string | undefined,
  ): TemplateList {
    return renderTemplates(languageOf(language));
  }

  @Get('accessorys/limits')
  @ApiOperation({ summary: 'ShowAccessoryLimits: attachments are not kept' })
  @ApiZodResponse(200, accessoryLimitsSchema)
  accessories(): AccessoryLimits {
    return renderAccessoryLimits();
  }

  @Requires('osm:quota:get', EVERYBODY)
  @Get('quotas')
  @ApiOperation({ summary: 'ListCaseQuotas: how many tickets the domain may yet open' })
  @ApiZodResponse(200, caseQuotasSchema)
  async quotas(
    @ApiZodQuery(ofProblemSchema) _: OfProblem,
    @CurrentPrincipal() { domainId }: Principal,
  ): Promise<CaseQuotas> {
    const { total, unused } = await this.configuration.openings(domainId);
    return { total, un_used: unused };
  }
}
