/** Wire shapes of `GET /v1/retention` (contracts.md). */
import { z } from 'zod';
import type { ListedPartition } from './day-partitions.store.js';
import type { RetentionRun } from './retention.store.js';

const epochMs = z.int().meta({ description: 'Epoch milliseconds.' });

const reportSchema = z.object({
  partition: z.string(),
  from: epochMs,
  to: epochMs,
  rows: z.int(),
  exact: z.boolean().optional().meta({ description: 'False where `rows` is an estimate.' }),
});

export const retentionSchema = z.object({
  retention_days: z.int(),
  window_from: epochMs,
  partitions: z.array(
    z.object({
      name: z.string(),
      from: epochMs,
      to: epochMs,
      rows_estimate: z.int(),
      bytes: z.int(),
      state: z.enum(['attached', 'detaching', 'detached']),
    }),
  ),
  runs: z.array(
    z.object({
      id: z.string(),
      started_at: epochMs,
      finished_at: epochMs.nullable(),
      trigger: z.enum(['schedule', 'command']),
      retention_days: z.int(),
      dropped: z.array(reportSchema),
      created: z.array(reportSchema),
      error: z.string().nullable(),
    }),
  ),
});

export type RetentionAnswer = z.infer<typeof retentionSchema>;

export function renderPartition(partition: ListedPartition): RetentionAnswer['partitions'][number] {
  return {
    name: partition.name,
    from: partition.fromMs,
    to: partition.toMs,
    rows_estimate: partition.rowsEstimate,
    bytes: partition.bytes,
    state: partition.state,
  };
}

export function renderRun(run: RetentionRun): RetentionAnswer['runs'][number] {
  return {
    id: run.id,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    trigger: run.trigger,
    retention_days: run.retentionDays,
    dropped: [...run.dropped],
    created: [...run.created],
    error: run.error,
  };
}
