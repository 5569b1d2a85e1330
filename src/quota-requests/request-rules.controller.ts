/** `/v1/quota-request-rules`: how requests are judged, for operators. */
import { Controller, Get, Headers, Put, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { type Actor, CurrentActor } from '../identity/index.js';
import { Requires } from '../platform/http/requires.js';
import { ApiZodBody } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { entityTag } from '../quotas/index.js';
import {
  documentFrom,
  type PutRules,
  putRulesSchema,
  renderRules,
  rulesSchema,
  type RulesView,
} from './request-rules.dto.js';
import { RequestRulesService } from './request-rules.service.js';

@ApiTags('Quota requests')
@Controller('v1/quota-request-rules')
export class RequestRulesController {
  constructor(private readonly rules: RequestRulesService) {}

  @Get()
  @Requires('quota:requestRules:get', { plane: 'operator' })
  @ApiOperation({ summary: 'Quorum, rules that decide by themselves, deadlines and bounds' })
  @ApiZodResponse(200, rulesSchema)
  async get(@Res({ passthrough: true }) reply: FastifyReply): Promise<RulesView> {
    const stored = await this.rules.stored();
    reply.header('etag', entityTag(stored.version));
    return renderRules(stored);
  }

  @Put()
  @Requires('quota:requestRules:update', { plane: 'operator' })
  @ApiOperation({ summary: 'Replace the rules; they hold for the next request and the next decision' })
  @ApiZodResponse(200, rulesSchema)
  async put(
    @ApiZodBody(putRulesSchema) body: PutRules,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RulesView> {
    const change = { ifMatch, reason: body.reason, validateOnly: body.validate_only };
    const stored = await this.rules.put(documentFrom(body), change, actor);
    reply.header('etag', entityTag(stored.version));
    return renderRules(stored);
  }
}
