/** `/v2/servicerequest/cases/{case_id}/message`, `/messages`, `/score`, `/operate-logs`. */
import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Actor, CurrentActor } from '../identity/index.js';
import { Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { QuotaTicketReader } from './quota-ticket-reader.service.js';
import {
  type MessageList,
  messageListSchema,
  type OperateLogs,
  operateLogsSchema,
  renderLogs,
  renderMessages,
} from './quota-ticket-views.dto.js';
import {
  type CasePath,
  casePathSchema,
  type Done,
  doneSchema,
  type MessageBody,
  messageBodySchema,
  type Page,
  pageSchema,
  readScores,
  type ScoreBody,
  scoreBodySchema,
} from './quota-tickets.dto.js';
import { TicketActions } from './ticket-actions.service.js';
import { TicketTalk } from './ticket-talk.service.js';

const OF_CASE = { plane: 'tenant', self: true, resource: '{case_id}' } as const;

@ApiTags('OSM tickets')
@Controller('v2/servicerequest/cases/:case_id')
export class TicketTalkController {
  constructor(
    private readonly reader: QuotaTicketReader,
    private readonly talk: TicketTalk,
    private readonly actions: TicketActions,
  ) {}

  @Requires('osm:case:reply', OF_CASE)
  @Post('message')
  @HttpCode(200)
  @ApiOperation({ summary: 'CreateMessages: answer what was asked, or comment' })
  @ApiZodResponse(200, doneSchema)
  async say(
    @ApiZodParams(casePathSchema) { case_id: caseId }: CasePath,
    @ApiZodBody(messageBodySchema) { message }: MessageBody,
    @CurrentActor() actor: Actor,
  ): Promise<Done> {
    await this.talk.say(actor, caseId, message.content);
    return {};
  }

  @Requires('osm:case:get', OF_CASE)
  @Get('messages')
  @ApiOperation({ summary: 'ListMessages: what was said, oldest first' })
  @ApiZodResponse(200, messageListSchema)
  async messages(
    @ApiZodParams(casePathSchema) { case_id: caseId }: CasePath,
    @ApiZodQuery(pageSchema) { offset, limit }: Page,
    @CurrentActor() actor: Actor,
  ): Promise<MessageList> {
    const messages = await this.talk.messages(await this.reader.find(actor, caseId));
    return renderMessages(messages.slice(offset, offset + limit), offset, messages.length);
  }

  @Requires('osm:case:score', OF_CASE)
  @Post('score')
  @HttpCode(200)
  @ApiOperation({ summary: 'CreateScores: how good the answer was' })
  @ApiZodResponse(200, doneSchema)
  async score(
    @ApiZodParams(casePathSchema) { case_id: caseId }: CasePath,
    @ApiZodBody(scoreBodySchema) { judgement, incident_satisfaction_list: list }: ScoreBody,
    @CurrentActor() actor: Actor,
  ): Promise<Done> {
    await this.actions.score(actor, caseId, readScores(judgement, list));
    return {};
  }

  @Requires('osm:case:get', OF_CASE)
  @Get('operate-logs')
  @ApiOperation({ summary: 'ListCaseOperateLogs: who did what when, oldest first' })
  @ApiZodResponse(200, operateLogsSchema)
  async operateLogs(
    @ApiZodParams(casePathSchema) { case_id: caseId }: CasePath,
    @ApiZodQuery(pageSchema) { offset, limit }: Page,
    @CurrentActor() actor: Actor,
  ): Promise<OperateLogs> {
    const entries = await this.talk.log(await this.reader.find(actor, caseId));
    return renderLogs(entries.slice(offset, offset + limit), entries.length, caseId);
  }
}
