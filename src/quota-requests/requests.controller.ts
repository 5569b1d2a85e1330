/** `/v1/quota-requests`: asking for more, and reading what was asked (contracts.md, Quota requests). */
import { Controller, Get, HttpCode, Post, Res, UseInterceptors } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { type Actor, CurrentActor } from '../identity/index.js';
import { Idempotent, type IdempotentRequest } from '../platform/http/idempotency.js';
import { Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { domainOfId } from '../quotas/index.js';
import type { RequestDetail } from './quota-request.js';
import { RequestCreation } from './request-creation.service.js';
import { RequestReader } from './request-reader.service.js';
import { RequestView } from './request-view.js';
import {
  type CreateRequest,
  createRequestSchema,
  newRequestFrom,
  requestPathSchema,
  requestSchema,
} from './requests.dto.js';

@ApiTags('Quota requests')
@UseInterceptors(RequestView)
@Controller('v1/quota-requests')
export class RequestsController {
  constructor(
    private readonly creation: RequestCreation,
    private readonly reader: RequestReader,
  ) {}

  /** Everybody may ask for its own scope; for others whom a policy allows. */
  @Post()
  @HttpCode(201)
  @Requires('quota:request:create', { plane: 'tenant', self: true, domain: 'body.domain_id' })
  @ApiOperation({
    summary: 'Ask for a higher limit',
    description: 'The same again is answered 200 with the open request; 200 also where it is only validated.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: '1 to 255 printable characters.' })
  @ApiZodResponse(201, requestSchema)
  async create(
    @ApiZodBody(createRequestSchema) body: CreateRequest,
    @CurrentActor() actor: Actor,
    @Idempotent() idempotent: IdempotentRequest | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RequestDetail> {
    const { outcome, detail } = await this.creation.create(actor, newRequestFrom(body), idempotent);
    if (outcome !== 'created') reply.code(200);
    return detail;
  }

  @Get(':id')
  @Requires('quota:request:get', { plane: 'tenant', self: true, domain: 'path.id', domainIn: domainOfId })
  @ApiOperation({ summary: 'Show a request with its history and ETag' })
  @ApiZodResponse(200, requestSchema)
  get(@ApiZodParams(requestPathSchema) { id }: { id: string }, @CurrentActor() actor: Actor): Promise<RequestDetail> {
    return this.reader.get(actor, id);
  }
}
