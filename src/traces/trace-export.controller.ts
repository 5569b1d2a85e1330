/** `GET /v1/traces/export`: all that a search finds as a file (contracts.md "Traces (native)"). */
import { Readable } from 'node:stream';
import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../kernel/principal.js';
import { Origin, type RequestOrigin } from '../platform/http/request-origin.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodQuery } from '../platform/http/validation.js';
import { type ExportQuery, exportQuery } from './trace-export.dto.js';
import { TraceExport } from './trace-export.service.js';

/** Bytes made ahead of the reader. */
const BUFFERED_BYTES = 16 * 1_024;

@ApiTags('Traces')
@Controller('v1/traces')
export class TraceExportController {
  constructor(private readonly exports: TraceExport) {}

  /**
   * The last line tells how many traces there were, and so does the trailer `X-Exported-Count`: a file without is cut off.
   * Read-only: cells of the CSV that a spreadsheet would take for a formula begin with an apostrophe.
   */
  @Get('export')
  @Requires('cts:trace:export', { plane: 'tenant', domain: 'query.domain_id' })
  @ApiOperation({
    summary: 'Exports traces as NDJSON or CSV',
    description:
      'For example `?format=csv&service_type=SWR&fields=record_time,trace_name,user`. Holds what is stored when it starts. NDJSON ends ' +
      'with `{"exported":N}`; CSV (RFC 4180) with a record whose first cell is `# exported N`. A file without that line is cut off. ' +
      'CSV cells that begin with = + - @, tab or carriage return have an apostrophe before them. Each export is recorded as a trace.',
  })
  @ApiResponse({
    status: 200,
    content: {
      'application/x-ndjson': { example: '{"record_time":1773144000000,"trace_name":"deleteRepo"}\n{"exported":1}\n' },
      'text/csv': { example: 'record_time,trace_name\r\n1773144000000,deleteRepo\r\n# exported 1,\r\n' },
    },
  })
  async export(
    @CurrentPrincipal() principal: Principal,
    @ApiZodQuery(exportQuery, { unknown: 'ignore' }) query: ExportQuery,
    @Origin() origin: RequestOrigin,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const started = await this.exports.start(principal, query, origin);
    const stream = Readable.from(started.chunks, { objectMode: false, highWaterMark: BUFFERED_BYTES });
    reply.trailer('x-exported-count', () => Promise.resolve(String(started.exported())));
    await reply
      .type(started.contentType)
      .header('content-disposition', `attachment; filename="traces.${query.format}"`)
      .header('cache-control', 'no-store')
      .send(stream);
  }
}
