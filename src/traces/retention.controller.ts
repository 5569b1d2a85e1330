/** `GET /v1/retention`: what is kept, in which partitions, and what the last runs did. Operator plane. */
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../platform/http/requires.js';
import { ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { DayPartitions } from './day-partitions.store.js';
import {
  type DryRunAnswer,
  type DryRunQuery,
  dryRunQuery,
  dryRunSchema,
  type RetentionAnswer,
  renderDryRun,
  renderPartition,
  renderRun,
  retentionSchema,
} from './retention.dto.js';
import { RETENTION_SETTINGS, type RetentionSettings, windowStart } from './retention-settings.js';
import { RetentionService } from './retention.service.js';
import { RetentionStore } from './retention.store.js';

const RUNS_SHOWN = 50;
/** For one day, so that a request does not wait for a scan of millions. */
const COUNT_TIMEOUT_MS = 1_000;

@ApiTags('Retention')
@Controller('v1/retention')
export class RetentionController {
  constructor(
    @Inject(RETENTION_SETTINGS) private readonly settings: RetentionSettings,
    private readonly partitions: DayPartitions,
    private readonly store: RetentionStore,
    private readonly retention: RetentionService,
  ) {}

  /** Partitions oldest first, runs newest first (the last 50). `rows_estimate` comes from statistics. */
  @Get()
  @Requires('retention:run:list', { plane: 'operator' })
  @ApiZodResponse(200, retentionSchema)
  async show(): Promise<RetentionAnswer> {
    const [now, partitions, runs] = await Promise.all([
      this.store.now(),
      this.partitions.list(),
      this.store.runs(RUNS_SHOWN),
    ]);
    return {
      retention_days: this.settings.retentionDays,
      window_from: windowStart(now, this.settings),
      partitions: partitions.map(renderPartition),
      runs: runs.map(renderRun),
    };
  }

  /** What a run would do. The rows of a day that takes long to count are estimated (`exact: false`). */
  @Get('dry-run')
  @Requires('retention:run:list', { plane: 'operator' })
  @ApiOperation({ summary: 'Tell what a retention run would drop and make, now or at an instant; changes nothing' })
  @ApiZodResponse(200, dryRunSchema)
  async dryRun(@ApiZodQuery(dryRunQuery) { at }: DryRunQuery): Promise<DryRunAnswer> {
    return renderDryRun(await this.retention.dryRun({ atMs: at ?? null, countTimeoutMs: COUNT_TIMEOUT_MS }));
  }
}
