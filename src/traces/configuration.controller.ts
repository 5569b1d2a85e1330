/** ShowConfiguration and UpdateConfiguration of CTS v3 (domain/cts.md §2.9). */
import { Controller, Get, HttpCode, Param, Put, Req } from '@nestjs/common';
import { ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../kernel/principal.js';
import { clientAddress, CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { configurationBody, type ConfigurationBody } from './configuration.dto.js';
import { ConfigurationService } from './configuration.service.js';

@ApiTags('CTS')
@Controller('v3/:project_id/configuration')
export class ConfigurationController {
  constructor(private readonly configuration: ConfigurationService) {}

  /** Where nothing was set: read-only traces are stored, which is our deviation from the original's default. */
  @Get()
  @Requires('cts:configuration:get', { plane: 'tenant', scope: 'project' })
  @ApiZodResponse(200, configurationBody)
  async show(
    @CurrentPrincipal() principal: Principal,
    @Param('project_id') projectId: string,
  ): Promise<ConfigurationBody> {
    return this.configuration.show(principal.domainId, projectId);
  }

  /** Takes effect on traces that arrive from now on. */
  @Put()
  @HttpCode(204)
  @Requires('cts:configuration:update', { plane: 'tenant', scope: 'project' })
  @ApiNoContentResponse()
  async update(
    @CurrentPrincipal() principal: Principal,
    @Param('project_id') projectId: string,
    @ApiZodBody(configurationBody) body: ConfigurationBody,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    const userAgent = request.headers['user-agent'];
    await this.configuration.update(projectId, body, {
      principal,
      sourceIp: clientAddress(request),
      requestId: request.id,
      userAgent,
    });
  }
}
