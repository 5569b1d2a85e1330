/** Wire shapes of `/v1/ingest/dead-letters` (contracts.md, Ingest). */
import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { nearest } from '../platform/http/nearest.js';
import { DEAD_LETTER_STATES } from './core/dead-letter-state.js';
import { REFUSAL_REASONS } from './core/refusal.js';
import type { DeadLetter, DeadLetterContent } from './dead-letters.store.js';

const MOST_NOTE = 1_000;
const MOST_LISTED = 200;

/** Any of the known names, repeated or separated by commas; nothing stands for all. */
function several<Name extends string>(known: readonly Name[]) {
  return z
    .union([z.string(), z.array(z.string())])
    .transform((given, context): readonly Name[] | undefined => {
      const names = [given].flat().flatMap((text) => text.split(','));
      const chosen = names.flatMap((name) => {
        const found = known.find((one) => one === name.trim());
        if (found === undefined && name !== '') context.addIssue({ code: 'custom', message: unknownName(name, known) });
        return found ?? [];
      });
      return chosen.length === 0 ? undefined : [...new Set(chosen)];
    })
    .optional()
    .meta({ description: `Any of ${known.join(', ')}; several by repetition or comma.` });
}

function unknownName(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return meant === null
    ? `must be any of ${known.join(', ')}`
    : `is none of ${known.join(', ')}; did you mean ${meant}?`;
}

export const listDeadLettersSchema = z.object({
  reason: several(REFUSAL_REASONS),
  state: several(DEAD_LETTER_STATES),
  domain_id: z
    .string()
    .max(64)
    .refine((value) => !value.includes('\0'), 'must not hold a NUL')
    .transform((value) => value || undefined)
    .optional()
    .meta({ description: 'The domain that the record names, where one could be read.' }),
  limit: z.coerce.number().int().min(1).max(MOST_LISTED).default(50),
  cursor: z.string().max(4_096).optional().meta({ description: '`page.next` of the page before.' }),
});
export type ListDeadLetters = z.infer<typeof listDeadLettersSchema>;

export const deadLetterPathSchema = z.object({
  id: z
    .uuid()
    .transform((id) => id.toLowerCase())
    .meta({ description: 'Id of the dead letter.' }),
});

/** Nothing need be sent. */
export const deadLetterActionSchema = z
  .strictObject({
    reason: z
      .string()
      .max(MOST_NOTE)
      .refine((value) => !value.includes('\0'), 'must not hold a NUL')
      .optional()
      .meta({ description: 'Why, for the row and its trace.' }),
  })
  .optional();
export type DeadLetterActionBody = z.infer<typeof deadLetterActionSchema>;

const epochMs = () => z.int().meta({ description: 'Epoch milliseconds.' });

export const deadLetterSchema = z.object({
  id: z.string(),
  reason: z.enum(REFUSAL_REASONS),
  detail: z.string().meta({ description: 'Names what is wrong, never a value of the record.' }),
  state: z.enum(DEAD_LETTER_STATES),
  state_note: z.string().nullable().meta({ description: 'The reason given when it was last replayed or dropped.' }),
  topic: z.string(),
  partition: z.int(),
  offset: z.string(),
  log: z.int(),
  received_at: epochMs(),
  size: z.int().meta({ description: 'Bytes of the record as it came.' }),
  sha256: z.string().meta({ description: 'Of the record as it came, in hex.' }),
  truncated: z.boolean().meta({ description: 'True when only the beginning was kept: then it cannot be replayed.' }),
  domain_id: z.string().nullable(),
  trace_id: z.string().nullable(),
  replays: z.int().meta({ description: 'How often it was replayed.' }),
  replayed_at: epochMs().nullable(),
  replayed_by: z.string().nullable(),
  outcome: z
    .object({
      outcome: z.enum(['stored', 'duplicate', 'filtered', 'dead_lettered']),
      at: epochMs(),
      reason: z.enum(REFUSAL_REASONS).nullable(),
      dead_letter_id: z.string().nullable(),
    })
    .nullable()
    .meta({ description: 'What became of the last replay; null until ingest has seen it.' }),
  dropped_at: epochMs().nullable(),
  dropped_by: z.string().nullable(),
  relayed_at: epochMs().nullable().meta({ description: 'When its copy was in the DLQ topic.' }),
});
export type WireDeadLetter = z.infer<typeof deadLetterSchema>;

const encoding = z.enum(['utf-8', 'base64']);

export const shownDeadLetterSchema = deadLetterSchema.extend({
  value: z.string().meta({ description: 'The record, or as much of it as was kept.' }),
  encoding: encoding.meta({ description: 'Of `value`.' }),
  key: z.string().nullable(),
  key_encoding: encoding.nullable(),
  headers: z
    .array(z.object({ name: z.string(), value: z.string(), encoding }))
    .meta({ description: 'Of the record; those of one name stand together.' }),
  headers_left_out: z.int().meta({ description: 'How many more it had: too many, or too long, to be kept.' }),
});
export type ShownDeadLetter = z.infer<typeof shownDeadLetterSchema>;

export const deadLetterListSchema = z.object({
  dead_letters: z.array(deadLetterSchema),
  page: z.object({ count: z.int(), next: z.string().nullable() }),
});
export type DeadLetterList = z.infer<typeof deadLetterListSchema>;

export function renderDeadLetter(letter: DeadLetter): WireDeadLetter {
  const { outcome } = letter;
  return {
    id: letter.id,
    reason: letter.reason,
    detail: letter.detail,
    state: letter.state,
    state_note: letter.note,
    topic: letter.topic,
    partition: letter.partition,
    offset: letter.offset,
    log: letter.log,
    received_at: letter.receivedAt,
    size: letter.size,
    sha256: letter.sha256.toString('hex'),
    truncated: !letter.whole,
    domain_id: letter.domainId,
    trace_id: letter.traceId,
    replays: letter.replays,
    replayed_at: letter.replayedAt,
    replayed_by: letter.replayedBy,
    outcome: outcome && {
      outcome: outcome.outcome,
      at: outcome.at,
      reason: outcome.reason,
      dead_letter_id: outcome.deadLetterId,
    },
    dropped_at: letter.droppedAt,
    dropped_by: letter.droppedBy,
    relayed_at: letter.relayedAt,
  };
}

export function renderShown(letter: DeadLetter & DeadLetterContent): ShownDeadLetter {
  const value = readable(letter.value, letter.value.length < letter.size);
  const key = letter.key && readable(letter.key, false);
  return {
    ...renderDeadLetter(letter),
    value: value.text,
    encoding: value.encoding,
    key: key?.text ?? null,
    key_encoding: key?.encoding ?? null,
    headers: letter.headers.kept.map(({ name, value: bytes }) => {
      const { text, encoding } = readable(bytes, false);
      return { name, value: text, encoding };
    }),
    headers_left_out: letter.headers.leftOut,
  };
}

/** As text where it is text, leaving out the rest of a character that a cut went through; else in base64. */
function readable(bytes: Buffer, isCut: boolean): { text: string; encoding: z.infer<typeof encoding> } {
  for (let cut = 0; cut <= (isCut ? 3 : 0); cut++) {
    const kept = bytes.subarray(0, bytes.length - cut);
    if (isUtf8(kept)) return { text: kept.toString('utf8'), encoding: 'utf-8' };
  }
  return { text: bytes.toString('base64'), encoding: 'base64' };
}
