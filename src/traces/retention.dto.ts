/** Wire shapes of `GET /v1/retention` (contracts.md). */
import { z } from 'zod';
import { parseInstant } from '../kernel/time-window.js';
import type { ListedPartition } from './day-partitions.store.js';
import type { RetentionRehearsal } from './retention.service.js';
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

/** 9999-12-31T23:59:59.999Z: the names of days have four digits for the year. */
const LAST_INSTANT = 253_402_300_799_999;

export const dryRunQuery = z.object({
  at: z
    .string()
    .max(64)
    .transform((given, context) => {
      const ms = parseInstant(given);
      if (ms === null || ms > LAST_INSTANT)
        context.addIssue({ code: 'custom', message: 'must be epoch milliseconds or an RFC 3339 instant' });
      return ms ?? 0;
    })
    .optional()
    .meta({ description: 'The instant of the run; now if absent. Epoch milliseconds or RFC 3339.' }),
});
export type DryRunQuery = z.infer<typeof dryRunQuery>;

export const dryRunSchema = z.object({
  at: epochMs,
  window_from: epochMs,
  dropped: z.array(reportSchema),
  created: z.array(reportSchema),
});
export type DryRunAnswer = z.infer<typeof dryRunSchema>;

export function renderDryRun({ atMs, windowFromMs, dropped, created }: RetentionRehearsal): DryRunAnswer {
  return { at: atMs, window_from: windowFromMs, dropped: [...dropped], created: [...created] };
}
