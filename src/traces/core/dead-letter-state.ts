/** What may be done with a dead letter: it is new, then replayed any number of times, or dropped for good. */

export const DEAD_LETTER_STATES = ['new', 'replayed', 'dropped'] as const;
export type DeadLetterState = (typeof DEAD_LETTER_STATES)[number];

export type DeadLetterAction = 'replay' | 'drop';

export type Transition =
  { readonly ok: true; readonly to: DeadLetterState } | { readonly ok: false; readonly why: string };

/**
 * @param whole false when only the beginning of the record, or of its key, was kept
 */
export function transition(
  { state, whole }: { readonly state: DeadLetterState; readonly whole: boolean },
  action: DeadLetterAction,
): Transition {
  if (state === 'dropped') return { ok: false, why: 'it has been dropped, which is final' };
  if (action === 'drop') return { ok: true, to: 'dropped' };
  return whole ? { ok: true, to: 'replayed' } : { ok: false, why: 'only the beginning of the record was kept' };
}
