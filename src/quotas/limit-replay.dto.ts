/** `POST /v1/quotas/replay` (contracts.md, Quotas). */
import { z } from 'zod';
import { parseInstant } from '../kernel/time-window.js';
import type { LimitTally } from './core/limit-tally.js';
import { parseScopeKey } from './core/scope.js';
import { domainIdSchema, limitSchema, quotaKeySchema, renderScope, scopeSchema } from './quotas.dto.js';

const MOST_DRAFTS = 10;
const instant = z.union([z.string().max(64), z.int()]).transform((given, context) => {
  const ms = parseInstant(String(given));
  if (ms === null) context.addIssue({ code: 'custom', message: 'must be epoch milliseconds or an RFC 3339 instant' });
  return ms ?? 0;
});

export const limitReplaySchema = z.strictObject({
  domain_id: domainIdSchema.optional().meta({ description: 'Absent: the caller’s own.' }),
  limits: z
    .array(
      z.strictObject({
        quota_key: quotaKeySchema,
        scope: scopeSchema.optional().meta({ description: 'Absent: of each scope that the quota is of.' }),
        limit: limitSchema,
      }),
    )
    .min(1)
    .max(MOST_DRAFTS)
    .meta({ description: 'Drafts. Nothing else limits in the replay.' }),
  from: instant
    .optional()
    .meta({ description: 'Inclusive; epoch ms or RFC 3339. Absent or earlier: start of what is kept.' }),
  to: instant.optional().meta({ description: 'Exclusive. Absent: everything stored.' }),
});
export type LimitReplayRequest = z.infer<typeof limitReplaySchema>;

export function renderProgress({ evaluated }: LimitTally): string {
  return `${JSON.stringify({ evaluated })}\n`;
}

export function renderSummary(tally: LimitTally, domainId: string): string {
  const scopeOf = (scope: string) => renderScope(parseScopeKey(scope, domainId));
  const { evaluated, counted, refused, overAtStart, byScope, elsewhere, examples } = tally;
  return `${JSON.stringify({
    evaluated,
    counted,
    refused,
    over_at_start: overAtStart ?? 0,
    by_scope: [...byScope.values()]
      .sort((left, right) => right.refused - left.refused || left.firstAt - right.firstAt)
      .map((told) => ({
        quota_key: told.quotaKey,
        scope: scopeOf(told.scope),
        limit: told.limit,
        refused: told.refused,
        first_at: told.firstAt,
        last_at: told.lastAt,
      })),
    elsewhere,
    examples: examples.map((example) => ({
      trace_id: example.traceId,
      record_time: example.recordTime,
      user: example.user,
      quota_key: example.quotaKey,
      resource_name: example.resourceName,
      scope: scopeOf(example.scope),
      limit: example.limit,
      used: example.used,
      needed: example.needed,
    })),
  })}\n`;
}
