/** `POST /v1/policies/replay` (contracts.md "Decisions"). */
import { z } from 'zod';
import { parseInstant } from '../kernel/time-window.js';
import type { ReplayTally } from './core/replay-tally.js';

const MOST_DRAFTS = 10;
const text = z.string().min(1).max(256);
const instant = z.union([z.string().max(64), z.int()]).transform((given, context) => {
  const ms = parseInstant(String(given));
  if (ms === null) context.addIssue({ code: 'custom', message: 'must be epoch milliseconds or an RFC 3339 instant' });
  return ms ?? 0;
});

export const replaySchema = z
  .strictObject({
    domain_id: text.optional().meta({ description: 'Another domain; for principals of the operator domain only.' }),
    policies: z
      .array(z.unknown())
      .min(1)
      .max(MOST_DRAFTS)
      .meta({ description: 'Drafts: documents of any version, beside what is in force.' }),
    user_id: text.optional().meta({ description: 'Only what this user did.' }),
    group_id: text.optional().meta({ description: 'Only what users did who are of this group now.' }),
    from: instant
      .optional()
      .meta({ description: 'Inclusive; epoch ms or RFC 3339. Absent or earlier: start of what is kept.' }),
    to: instant.optional().meta({ description: 'Exclusive. Absent: everything stored.' }),
  })
  .refine(({ user_id: user, group_id: group }) => user === undefined || group === undefined, {
    path: ['group_id'],
    message: 'name a user or a group, not both',
  });

export type ReplayRequest = z.infer<typeof replaySchema>;

export function renderProgress({ evaluated }: ReplayTally): string {
  return `${JSON.stringify({ evaluated })}\n`;
}

export function renderSummary(tally: ReplayTally): string {
  const { evaluated, unmapped, undecided, changed, byAction, examples } = tally;
  const counts = ({ newlyDenied, newlyAllowed }: typeof changed) => ({
    newly_denied: newlyDenied,
    newly_allowed: newlyAllowed,
  });
  return `${JSON.stringify({
    evaluated,
    unmapped,
    undecided,
    changed: counts(changed),
    by_action: [...byAction]
      .map(([action, changes]) => ({ action, ...counts(changes) }))
      .sort((left, right) => (left.action < right.action ? -1 : 1)),
    examples: examples.map(({ traceId, recordTime, userId, userName, action, resource, before, after }) => ({
      trace_id: traceId,
      record_time: recordTime,
      user: { id: userId, name: userName },
      action,
      resource,
      before,
      after,
    })),
  })}\n`;
}
