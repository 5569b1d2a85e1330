/** The pure half of reading a log: which offsets of a batch are new, which are missing, and whether it is the same log at all. */

export interface OffsetSpan {
  /** inclusive */
  readonly from: bigint;
  /** exclusive */
  readonly to: bigint;
}

export interface MissingSpan extends OffsetSpan {
  readonly kind: 'absent' | 'evicted';
}

/**
 * Offsets between `expected` and the last of `offsets` that were not delivered.
 *
 * @param offsets ascending, all ≥ `expected`
 * @param low     oldest offset the broker still keeps: what is missing below it was evicted; above it, it never was a record
 *                (transaction markers, compaction)
 */
export function missingSpans(expected: bigint, offsets: readonly bigint[], low: bigint): MissingSpan[] {
  const missing: MissingSpan[] = [];
  let next = expected;
  for (const offset of offsets) {
    if (offset > next) missing.push(...splitAt(low, { from: next, to: offset }));
    next = offset + 1n;
  }
  return missing;
}

function splitAt(low: bigint, { from, to }: OffsetSpan): MissingSpan[] {
  if (low <= from) return [{ from, to, kind: 'absent' }];
  if (low >= to) return [{ from, to, kind: 'evicted' }];
  return [
    { from, to: low, kind: 'evicted' },
    { from: low, to, kind: 'absent' },
  ];
}

/** How a claimed log can be told from a re-created one, given what the broker keeps. */
export type Recognition =
  /** Fewer records than were read: it cannot be the same log. */
  | { readonly kind: 'replaced' }
  /** Nothing was read yet, or what was read last is evicted: there is nothing to compare. */
  | { readonly kind: 'assumed' }
  /** The record at this offset must be the one that was read last. */
  | { readonly kind: 'compare'; readonly offset: bigint };

export function howToRecognise(
  log: { readonly nextOffset: bigint; readonly lastOffset: bigint | null },
  watermarks: { readonly low: bigint; readonly high: bigint },
): Recognition {
  if (watermarks.high < log.nextOffset) return { kind: 'replaced' };
  if (log.lastOffset === null || watermarks.low > log.lastOffset) return { kind: 'assumed' };
  return { kind: 'compare', offset: log.lastOffset };
}
