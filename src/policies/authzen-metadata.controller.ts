/** Where the AuthZEN endpoints are. */
import { Controller, Get, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Public } from '../platform/http/requires.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { metadataSchema } from './authzen.dto.js';

@ApiTags('Decisions (AuthZEN 1.0)')
@Controller('.well-known')
export class AuthzenMetadataController {
  @Public()
  @Get('authzen-configuration')
  @ApiOperation({ summary: 'Metadata of the policy decision point' })
  @ApiZodResponse(200, metadataSchema)
  metadata(@Req() { protocol, host }: FastifyRequest): z.infer<typeof metadataSchema> {
    const base = `${protocol}://${host}`;
    return {
      policy_decision_point: base,
      access_evaluation_endpoint: `${base}/access/v1/evaluation`,
      access_evaluations_endpoint: `${base}/access/v1/evaluations`,
      search_subject_endpoint: `${base}/access/v1/search/subject`,
      search_resource_endpoint: `${base}/access/v1/search/resource`,
      search_action_endpoint: `${base}/access/v1/search/action`,
    };
  }
}
