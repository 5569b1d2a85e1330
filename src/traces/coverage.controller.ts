/** `GET /v1/ingest/coverage`: what became of every offset of every log (design §1, promise 2). */
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../platform/http/requires.js';
import { renderCoverage, type WireCoverage } from './coverage.dto.js';
import { IngestLogStore } from './ingest-log.store.js';

@ApiTags('Ingest')
@Controller('v1/ingest')
export class CoverageController {
  constructor(private readonly logs: IngestLogStore) {}

  @Get('coverage')
  @Requires('ingest:coverage:get', { plane: 'operator' })
  async coverage(): Promise<WireCoverage> {
    return renderCoverage(await this.logs.coverage());
  }
}
