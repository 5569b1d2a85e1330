/** Why a record is not stored: the reasons of a dead letter. */

/** In order of precedence: the first that applies is the one given. The last two are found by the store. */
export const REFUSAL_REASONS = [
  'too_large',
  'not_json',
  'not_a_trace',
  'no_domain',
  'bad_field',
  'no_time',
  'expired',
  'future',
  'conflict',
  'rejected_by_store',
] as const;

export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export interface Refusal {
  readonly reason: RefusalReason;
  /** Names the field and what is wrong with it; never repeats a value of the record, which may be a secret. */
  readonly detail: string;
  /** What could be read of the record's origin and is fit to be stored, else null. */
  readonly domainId: string | null;
  readonly traceId: string | null;
}
