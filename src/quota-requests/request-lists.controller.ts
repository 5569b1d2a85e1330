/** `GET /v1/quota-requests…`: lists, the inbox, figures, the history as a file, and what-ifs. */
import { Readable } from 'node:stream';
import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { type Actor, CurrentActor } from '../identity/index.js';
import { Requires } from '../platform/http/requires.js';
import { ApiZodParams, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { domainOfId } from '../quotas/index.js';
import { REQUEST_EXPORT_FORMATS } from './core/request-export.js';
import { RequestAccess } from './request-access.service.js';
import { RequestExport } from './request-export.service.js';
import {
  type ExportQuery,
  exportQuerySchema,
  type Inbox,
  inboxSchema,
  type ListRequests,
  listRequestsSchema,
  orderFrom,
  renderPage,
  renderStats,
  renderWhatIf,
  type RequestList,
  requestListSchema,
  selectionFrom,
  type Stats,
  type StatsQuery,
  statsQuerySchema,
  statsSchema,
  type WhatIfQuery,
  whatIfQuerySchema,
  whatIfSchema,
  type WireWhatIf,
} from './request-lists.dto.js';
import { RequestLists } from './request-lists.service.js';
import { RequestWhatIf } from './request-what-if.service.js';
import { requestPathSchema } from './requests.dto.js';

/** Whoever no policy allows the whole domain sees what is its own. */
const OWN_OR_ALLOWED = { plane: 'tenant', self: true, domain: 'query.domain_id' } as const;

@ApiTags('Quota requests')
@Controller('v1/quota-requests')
export class RequestListsController {
  constructor(
    private readonly lists: RequestLists,
    private readonly exports: RequestExport,
    private readonly whatIfs: RequestWhatIf,
    private readonly access: RequestAccess,
  ) {}

  @Get()
  @Requires('quota:request:list', OWN_OR_ALLOWED)
  @ApiOperation({ summary: 'List requests: the domain’s, or one’s own' })
  @ApiZodResponse(200, requestListSchema)
  async list(
    @ApiZodQuery(listRequestsSchema) { sort, limit, cursor, ...query }: ListRequests,
    @CurrentActor() actor: Actor,
  ): Promise<RequestList> {
    const page = await this.lists.list(actor, selectionFrom(query), { order: orderFrom(sort), limit, cursor });
    return renderPage(page, (request) => this.access.seesInternal(actor.principal, request));
  }

  /** Policies are asked for each request, on the URN of its scope. */
  @Get('inbox')
  @Requires('quota:request:approve', { plane: 'operator', self: true, domain: 'query.domain_id' })
  @ApiOperation({ summary: 'Open requests of all domains that the caller may decide on, the most urgent first' })
  @ApiZodResponse(200, requestListSchema)
  async inbox(
    @ApiZodQuery(inboxSchema) { sort, limit, cursor, ...query }: Inbox,
    @CurrentActor() actor: Actor,
  ): Promise<RequestList> {
    const page = await this.lists.inbox(actor, selectionFrom(query), { order: orderFrom(sort), limit, cursor });
    return renderPage(page, (request) => this.access.seesInternal(actor.principal, request));
  }

  @Get('stats')
  @Requires('quota:request:list', OWN_OR_ALLOWED)
  @ApiOperation({ summary: 'How many, how long until a decision, how many approved; by key' })
  @ApiZodResponse(200, statsSchema)
  async stats(@ApiZodQuery(statsQuerySchema) query: StatsQuery, @CurrentActor() actor: Actor): Promise<Stats> {
    return renderStats(await this.lists.figures(actor, selectionFrom(query)));
  }

  @Get('export')
  @Requires('quota:request:export', OWN_OR_ALLOWED)
  @ApiOperation({
    summary: 'The history of requests as NDJSON or CSV, a line for each step',
    description:
      'NDJSON ends with `{"exported":N}`, CSV (RFC 4180) with a record whose first cell is `# exported N`: a file without is cut off. ' +
      'CSV cells that begin with = + - @, tab or carriage return have an apostrophe before them. Each export is recorded as a trace.',
  })
  @ApiResponse({ status: 200, content: { 'application/x-ndjson': {}, 'text/csv': {} } })
  async export(
    @ApiZodQuery(exportQuerySchema) { format, ...query }: ExportQuery,
    @CurrentActor() actor: Actor,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const chunks = await this.exports.start(actor, selectionFrom(query), format);
    await reply
      .type(REQUEST_EXPORT_FORMATS[format].contentType)
      .header('content-disposition', `attachment; filename="quota-requests.${format}"`)
      .header('cache-control', 'no-store')
      .send(Readable.from(chunks, { objectMode: false }));
  }

  @Get(':id/what-if')
  @Requires('quota:request:get', { plane: 'tenant', self: true, domain: 'path.id', domainIn: domainOfId })
  @ApiOperation({ summary: 'What granting it would change, and whether it could be granted now' })
  @ApiZodResponse(200, whatIfSchema)
  async whatIf(
    @ApiZodParams(requestPathSchema) { id }: { id: string },
    @ApiZodQuery(whatIfQuerySchema) { granted, until }: WhatIfQuery,
    @CurrentActor() actor: Actor,
  ): Promise<WireWhatIf> {
    return renderWhatIf(await this.whatIfs.look(actor, id, granted, until));
  }
}
