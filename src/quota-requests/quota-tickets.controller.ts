/** `/v2/servicerequest/cases…`: quota requests as tickets. */
import { Controller, Get, Headers, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Actor, CurrentActor } from '../identity/index.js';
import { AppError } from '../kernel/errors.js';
import { Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { languageOf } from './core/wire-ticket-configuration.js';
import { parseTicketTime, zoneMinutes } from './core/wire-ticket-time.js';
import { QuotaTicketReader } from './quota-ticket-reader.service.js';
import {
  type CaseCounts,
  caseCountsSchema,
  type CaseDetail,
  caseDetailSchema,
  type CaseList,
  caseListSchema,
  type CaseStatus,
  caseStatusSchema,
  renderCase,
  renderCases,
  renderCounts,
  renderStatus,
} from './quota-ticket-views.dto.js';
import {
  type ActionBody,
  actionBodySchema,
  type ActionQuery,
  actionQuerySchema,
  type CaseBody,
  caseBodySchema,
  type CasePath,
  casePathSchema,
  type CountCases,
  countCasesSchema,
  type CreatedCase,
  createdCaseSchema,
  type Done,
  doneSchema,
  INVALID_ACTION,
  INVALID_CASE,
  type ListCases,
  listCasesSchema,
  readFiling,
  readScores,
  statusesOf,
} from './quota-tickets.dto.js';
import { TicketActions } from './ticket-actions.service.js';
import { TicketConfiguration } from './ticket-configuration.service.js';
import { TicketFiling } from './ticket-filing.service.js';
import { TicketTalk } from './ticket-talk.service.js';
import { caseIdOf } from './quota-ticket.js';

const OWN = { plane: 'tenant', self: true } as const;
const OF_CASE = { ...OWN, resource: '{case_id}' } as const;

@ApiTags('OSM tickets')
@Controller('v2/servicerequest/cases')
export class QuotaTicketsController {
  constructor(
    private readonly reader: QuotaTicketReader,
    private readonly filing: TicketFiling,
    private readonly actions: TicketActions,
    private readonly talk: TicketTalk,
    private readonly configuration: TicketConfiguration,
  ) {}

  @Requires('osm:case:create', OWN)
  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'CreateCases: file a quota request' })
  @ApiZodResponse(200, createdCaseSchema)
  async create(
    @ApiZodBody(caseBodySchema, INVALID_CASE) body: CaseBody,
    @CurrentActor() actor: Actor,
  ): Promise<CreatedCase> {
    return { incident_id: caseIdOf(await this.filing.file(actor, readFiling(body))) };
  }

  @Requires('osm:case:list', OWN)
  @Get()
  @ApiOperation({ summary: 'ListCases: tickets, newest first' })
  @ApiZodResponse(200, caseListSchema)
  async list(
    @ApiZodQuery(listCasesSchema) query: ListCases,
    @Headers('x-language') language: string | undefined,
    @Headers('x-time-zone') zone: string | undefined,
    @CurrentActor() actor: Actor,
  ): Promise<CaseList> {
    const { tickets, total } = await this.reader.list(
      actor,
      {
        statuses: statusesOf(query),
        words: query.search_key,
        text: query.app_key ?? null,
        caseId: query.incident_id,
        requesterId: query.x_customer_id ?? null,
        requesterName: query.x_customer_name ?? null,
        ...readTimes(query, zone),
      },
      query.offset,
      query.limit,
    );
    return renderCases(tickets, total, await this.configuration.viewFor(actor.principal, languageOf(language)));
  }

  @Requires('osm:case:list', OWN)
  @Get('count')
  @ApiOperation({ summary: 'ListCaseCounts: how many tickets are in which status' })
  @ApiZodResponse(200, caseCountsSchema)
  async count(@ApiZodQuery(countCasesSchema) query: CountCases, @CurrentActor() actor: Actor): Promise<CaseCounts> {
    return renderCounts(await this.reader.counts(actor, { statuses: statusesOf(query) }));
  }

  @Requires('osm:case:get', OF_CASE)
  @Get(':case_id')
  @ApiOperation({ summary: 'ShowCaseDetail: a ticket with its messages' })
  @ApiZodResponse(200, caseDetailSchema)
  async show(
    @ApiZodParams(casePathSchema) { case_id: caseId }: CasePath,
    @Headers('x-language') language: string | undefined,
    @CurrentActor() actor: Actor,
  ): Promise<CaseDetail> {
    const ticket = await this.reader.find(actor, caseId);
    const messages = await this.talk.messages(ticket);
    return renderCase(ticket, messages, await this.configuration.viewFor(actor.principal, languageOf(language)));
  }

  @Requires('osm:case:get', OF_CASE)
  @Get(':case_id/status')
  @ApiOperation({ summary: 'ShowCaseStatus' })
  @ApiZodResponse(200, caseStatusSchema)
  async status(
    @ApiZodParams(casePathSchema) { case_id: caseId }: CasePath,
    @CurrentActor() actor: Actor,
  ): Promise<CaseStatus> {
    return renderStatus(await this.reader.find(actor, caseId));
  }

  @Requires('osm:case:update', OF_CASE)
  @Post(':case_id/action')
  @HttpCode(200)
  @ApiOperation({ summary: 'UpdateCases: cancel, close, press (urge) or delete a ticket' })
  @ApiZodResponse(200, doneSchema)
  async act(
    @ApiZodParams(casePathSchema) { case_id: caseId }: CasePath,
    @ApiZodQuery(actionQuerySchema, INVALID_ACTION) { action_id: action }: ActionQuery,
    @ApiZodBody(actionBodySchema) body: ActionBody,
    @CurrentActor() actor: Actor,
  ): Promise<Done> {
    const { operate_desc: note = '', judgement, incident_satisfaction_list: scores } = body ?? {};
    const said = judgement === undefined && scores === undefined ? null : readScores(judgement ?? '', scores ?? []);
    await this.actions.act(actor, caseId, action, { note, said });
    return {};
  }
}

/** Throws `OSM.01010001` for times and zones that cannot be read. */
function readTimes(query: ListCases, header: string | undefined): { fromMs: number | null; toMs: number | null } {
  const zone = zoneMinutes(header);
  const problems = zone === null ? [{ path: 'header.x-time-zone', message: 'must be like GMT+8' }] : [];
  const read = (name: 'query_start_time' | 'query_end_time'): number | null => {
    const text = query[name];
    const instant = text === undefined ? null : parseTicketTime(text, zone ?? 0);
    if (text !== undefined && instant === null)
      problems.push({ path: `query.${name}`, message: 'must be a date, a local time, epoch ms or RFC 3339' });
    return instant;
  };
  const times = { fromMs: read('query_start_time'), toMs: read('query_end_time') };
  if (problems.length > 0) throw new AppError('OSM.01010001', 'The request is not valid', { problems });
  return times;
}
