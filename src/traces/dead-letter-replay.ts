/** The mark on a record that an operator sent again, by which ingest tells the dead letter what became of it. */
import type { RefusalReason } from './core/refusal.js';

/** Value: `<id of the dead letter>/<number of the replay>`. */
export const REPLAY_HEADER = 'quaestor-replay';

export interface ReplayMark {
  readonly deadLetterId: string;
  /** From 1; what comes of an earlier replay than the last is not told. */
  readonly replay: number;
}

/** What became of a record that was sent again. */
export interface ReplayOutcome {
  readonly mark: ReplayMark;
  /** Of the record's value: a mark on other bytes than the dead letter's tells nothing of it. */
  readonly sha256: Buffer;
  readonly outcome: 'stored' | 'duplicate' | 'filtered' | 'dead_lettered';
  /** Set where it was refused again: why, and as which dead letter. */
  readonly reason: RefusalReason | null;
  readonly deadLetterId: string | null;
}

const MARK = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/([1-9]\d{0,8})$/;

export function writeReplayMark({ deadLetterId, replay }: ReplayMark): string {
  return `${deadLetterId}/${String(replay)}`;
}

/** Null where there is none, and for what is no mark of ours: anybody may send headers. */
export function readReplayMark(header: Buffer | undefined): ReplayMark | null {
  if (header === undefined) return null;
  const match = MARK.exec(header.toString('latin1'));
  return match?.[1] === undefined ? null : { deadLetterId: match[1], replay: Number(match[2]) };
}
