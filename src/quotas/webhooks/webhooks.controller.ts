/** `/v1/webhooks`: the endpoints of one's own domain that are told of events, and what they were told. */
import { Controller, Delete, Get, Headers, HttpCode, Patch, Post, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { type Actor, CurrentActor } from '../../identity/index.js';
import { Requires } from '../../platform/http/requires.js';
import { ApiZodBody, ApiZodParams, ApiZodQuery } from '../../platform/http/validation.js';
import { ApiZodResponse } from '../../platform/http/zod-openapi.js';
import { entityTag } from '../entity-tag.js';
import { WebhookLedger } from './webhook-ledger.service.js';
import * as dto from './webhooks.dto.js';
import { Webhooks } from './webhooks.service.js';

@ApiTags('Webhooks')
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(
    private readonly webhooks: Webhooks,
    private readonly ledger: WebhookLedger,
  ) {}

  @Post()
  @HttpCode(201)
  @Requires('quota:webhook:create', { plane: 'tenant' })
  @ApiOperation({ summary: 'Create a webhook; the answer tells its secret, this once' })
  @ApiZodResponse(201, dto.webhookWithSecretSchema)
  async create(
    @ApiZodBody(dto.createWebhookSchema) body: dto.CreateWebhook,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<dto.WebhookWithSecret> {
    const { webhook, secret } = await this.webhooks.create(dto.valuesFrom(body), actor);
    reply.header('etag', entityTag(webhook.version));
    return { ...dto.renderWebhook(webhook), secret };
  }

  @Get()
  @Requires('quota:webhook:list', { plane: 'tenant' })
  @ApiOperation({ summary: 'List the webhooks of the domain' })
  @ApiZodResponse(200, dto.webhookListSchema)
  async list(@CurrentActor() actor: Actor): Promise<{ webhooks: dto.WireWebhook[] }> {
    return { webhooks: (await this.webhooks.list(actor)).map(dto.renderWebhook) };
  }

  @Get(':id')
  @Requires('quota:webhook:get', { plane: 'tenant', resource: '{id}' })
  @ApiOperation({ summary: 'Show a webhook with its ETag' })
  @ApiZodResponse(200, dto.webhookSchema)
  async get(
    @ApiZodParams(dto.webhookPathSchema) { id }: { id: string },
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<dto.WireWebhook> {
    const webhook = await this.webhooks.find(id, actor);
    reply.header('etag', entityTag(webhook.version));
    return dto.renderWebhook(webhook);
  }

  @Patch(':id')
  @Requires('quota:webhook:update', { plane: 'tenant', resource: '{id}' })
  @ApiOperation({ summary: 'Change a webhook; a disabled one is sent nothing, and what is due waits' })
  @ApiZodResponse(200, dto.webhookSchema)
  async update(
    @ApiZodParams(dto.webhookPathSchema) { id }: { id: string },
    @ApiZodBody(dto.changeWebhookSchema) body: dto.ChangeWebhook,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<dto.WireWebhook> {
    const webhook = await this.webhooks.update(id, dto.changeFrom(body), ifMatch, actor);
    reply.header('etag', entityTag(webhook.version));
    return dto.renderWebhook(webhook);
  }

  @Delete(':id')
  @HttpCode(204)
  @Requires('quota:webhook:delete', { plane: 'tenant', resource: '{id}' })
  @ApiOperation({ summary: 'Delete a webhook with its deliveries' })
  @ApiNoContentResponse()
  async delete(
    @ApiZodParams(dto.webhookPathSchema) { id }: { id: string },
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    await this.webhooks.delete(id, ifMatch, actor);
  }

  @Post(':id/rotate-secret')
  @HttpCode(200)
  @Requires('quota:webhook:rotate', { plane: 'tenant', resource: '{id}' })
  @ApiOperation({ summary: 'Give a webhook another secret; the answer tells it, this once' })
  @ApiZodResponse(200, dto.webhookWithSecretSchema)
  async rotate(
    @ApiZodParams(dto.webhookPathSchema) { id }: { id: string },
    @ApiZodBody(dto.rotateSecretSchema.prefault({})) body: dto.RotateSecret,
    @CurrentActor() actor: Actor,
  ): Promise<dto.WebhookWithSecret> {
    const { webhook, secret } = await this.webhooks.rotate(id, body.grace_hours, actor);
    return { ...dto.renderWebhook(webhook), secret };
  }

  @Post(':id/test')
  @HttpCode(202)
  @Requires('quota:webhook:test', { plane: 'tenant', resource: '{id}' })
  @ApiOperation({ summary: 'Send a webhook the event `webhook.test`' })
  @ApiZodResponse(202, dto.deliverySchema)
  async test(
    @ApiZodParams(dto.webhookPathSchema) { id }: { id: string },
    @CurrentActor() actor: Actor,
  ): Promise<dto.WireDelivery> {
    return dto.renderDelivery(await this.ledger.test(id, actor));
  }

  @Get(':id/deliveries')
  @Requires('quota:webhook:listDeliveries', { plane: 'tenant', resource: '{id}' })
  @ApiOperation({ summary: 'List what a webhook was told and is to be told, newest first' })
  @ApiZodResponse(200, dto.deliveryListSchema)
  async deliveries(
    @ApiZodParams(dto.webhookPathSchema) { id }: { id: string },
    @ApiZodQuery(dto.deliveryQuerySchema) query: dto.DeliveryQuery,
    @CurrentActor() actor: Actor,
  ): Promise<dto.DeliveryList> {
    const { state, limit, cursor } = query;
    const { deliveries, next } = await this.ledger.list(id, { state, limit, cursor }, actor);
    return { deliveries: deliveries.map(dto.renderDelivery), page: { count: deliveries.length, next } };
  }

  @Post(':id/deliveries/:delivery_id/redeliver')
  @HttpCode(202)
  @Requires('quota:webhook:redeliver', { plane: 'tenant', resource: '{id}' })
  @ApiOperation({ summary: 'Send a delivery again, with the same `webhook-id`' })
  @ApiZodResponse(202, dto.deliverySchema)
  async redeliver(
    @ApiZodParams(dto.deliveryPathSchema) { id, delivery_id: deliveryId }: dto.DeliveryPath,
    @CurrentActor() actor: Actor,
  ): Promise<dto.WireDelivery> {
    return dto.renderDelivery(await this.ledger.redeliver(id, deliveryId, actor));
  }
}
