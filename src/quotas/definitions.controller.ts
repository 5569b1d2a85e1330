/** `/v1/quotas/definitions`: what is counted, for operators (contracts.md, Quotas). */
import { Controller, Delete, Get, Headers, HttpCode, Put, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../kernel/principal.js';
import { Origin, type RequestOrigin } from '../platform/http/request-origin.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import {
  type DefinitionView,
  definitionListSchema,
  definitionPathSchema,
  definitionViewSchema,
  type DeleteDefinition,
  deleteDefinitionSchema,
  type PutDefinition,
  putDefinitionSchema,
  renderDefinition,
  wireFrom,
} from './definitions.dto.js';
import { Definitions } from './definitions.service.js';
import { entityTag } from './entity-tag.js';

@ApiTags('Quotas')
@Controller('v1/quotas/definitions')
export class DefinitionsController {
  constructor(private readonly definitions: Definitions) {}

  @Get()
  @Requires('quota:definition:list', { plane: 'operator' })
  @ApiOperation({ summary: 'List what is counted, and how' })
  @ApiZodResponse(200, definitionListSchema)
  async list(): Promise<{ definitions: DefinitionView[] }> {
    return { definitions: (await this.definitions.list()).map(renderDefinition) };
  }

  @Get(':key')
  @Requires('quota:definition:get', { plane: 'operator' })
  @ApiOperation({ summary: 'Show a definition with its ETag' })
  @ApiZodResponse(200, definitionViewSchema)
  async get(
    @ApiZodParams(definitionPathSchema) { key }: { key: string },
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DefinitionView> {
    const found = await this.definitions.get(key);
    reply.header('etag', entityTag(found.version));
    return renderDefinition(found);
  }

  @Put(':key')
  @Requires('quota:definition:update', { plane: 'operator' })
  @ApiOperation({ summary: 'Create or replace a definition' })
  @ApiZodResponse(200, definitionViewSchema)
  async put(
    @ApiZodParams(definitionPathSchema) { key }: { key: string },
    @ApiZodBody(putDefinitionSchema) body: PutDefinition,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DefinitionView> {
    const change = { reason: body.reason, validateOnly: body.validate_only, ifMatch };
    const saved = await this.definitions.put(wireFrom(key, body), change, { principal, origin });
    reply.header('etag', entityTag(saved.version));
    return renderDefinition(saved);
  }

  @Delete(':key')
  @HttpCode(204)
  @Requires('quota:definition:delete', { plane: 'operator' })
  @ApiOperation({ summary: 'Delete a definition; what it counted stays and is no longer limited' })
  @ApiNoContentResponse()
  async delete(
    @ApiZodParams(definitionPathSchema) { key }: { key: string },
    @ApiZodBody(deleteDefinitionSchema.prefault({})) body: DeleteDefinition,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentPrincipal() principal: Principal,
    @Origin() origin: RequestOrigin,
  ): Promise<void> {
    await this.definitions.delete(key, body.reason, ifMatch, { principal, origin });
  }
}
