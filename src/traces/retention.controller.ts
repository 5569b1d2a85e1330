/** `GET /v1/retention`: what is kept, in which partitions, and what the last runs did. Operator plane. */
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../platform/http/requires.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { DayPartitions } from './day-partitions.store.js';
import { type RetentionAnswer, renderPartition, renderRun, retentionSchema } from './retention.dto.js';
import { RETENTION_SETTINGS, type RetentionSettings, windowStart } from './retention-settings.js';
import { RetentionStore } from './retention.store.js';

const RUNS_SHOWN = 50;

@ApiTags('Retention')
@Controller('v1/retention')
export class RetentionController {
  constructor(
    @Inject(RETENTION_SETTINGS) private readonly settings: RetentionSettings,
    private readonly partitions: DayPartitions,
    private readonly store: RetentionStore,
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
}
