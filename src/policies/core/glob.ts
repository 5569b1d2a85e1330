/** Greedy matching of `*` and `?`: the pieces between stars are found from left to right, so the cost is bounded by a product. */
import { foldCase, foldedAt, foldUnit } from './letter-case.js';
import type { Template } from './template.js';

/** More in one pattern are refused when it is written. */
export const MAX_STARS = 16;

/** Text between two stars; `wild[i]` where any character may stand. */
interface Piece {
  readonly text: string;
  readonly wild: readonly boolean[] | null;
}

export interface Glob {
  /** Without a star there is one piece, the whole. Else the first begins the text, the last ends it, the others lie between. */
  readonly pieces: readonly Piece[];
  readonly first: Piece;
  readonly last: Piece;
  readonly ignoresCase: boolean;
  readonly shortest: number;
}

/** @param template without variables */
export function compileGlob(template: Template, ignoresCase: boolean): Glob {
  const pieces: Piece[] = [];
  let text = '';
  // Only where `?` stands; of most pieces nothing need be kept.
  let anyAt: number[] = [];
  let shortest = 0;
  const flush = (): void => {
    const wild = anyAt.length === 0 ? null : Array.from({ length: text.length }, (_, at) => anyAt.includes(at));
    pieces.push({ text: ignoresCase ? foldCase(text) : text, wild });
    shortest += text.length;
    text = '';
    anyAt = [];
  };
  for (const token of template) {
    if (token.kind === 'star') flush();
    else if (token.kind === 'any') {
      anyAt.push(text.length);
      text += '?';
    } else if (token.kind === 'text') text += token.text;
  }
  flush();
  return { pieces, first: pieces[0] ?? EMPTY, last: pieces.at(-1) ?? EMPTY, ignoresCase, shortest };
}

const EMPTY: Piece = { text: '', wild: null };

/** Whether the part of `text` from `from` to `to` (exclusive) matches. Nothing is allocated. */
export function matchesGlob(glob: Glob, text: string, from = 0, to = text.length): boolean {
  const { pieces, first, last, shortest, ignoresCase } = glob;
  if (to - from < shortest) return false;
  if (pieces.length === 1) return to - from === shortest && pieceAt(first, text, from, ignoresCase);
  const end = to - last.text.length;
  if (!pieceAt(first, text, from, ignoresCase) || !pieceAt(last, text, end, ignoresCase)) return false;
  return matchesInner(glob, text, from + first.text.length, end);
}

/** The pieces between the first and the last, within the given part of the text. */
function matchesInner({ pieces, ignoresCase }: Glob, text: string, from: number, to: number): boolean {
  let at = from;
  for (let index = 1; index < pieces.length - 1; index++) {
    const piece = pieces[index] ?? EMPTY;
    at = findPiece(piece, text, at, to, ignoresCase);
    if (at < 0) return false;
    at += piece.text.length;
  }
  return true;
}

function pieceAt({ text: wanted, wild }: Piece, text: string, from: number, ignoresCase: boolean): boolean {
  if (wild === null) return ignoresCase ? foldedAt(text, wanted, from) : text.startsWith(wanted, from);
  for (let at = 0; at < wanted.length; at++) {
    if (wild[at] === true) continue;
    const unit = text.charCodeAt(from + at);
    if ((ignoresCase ? foldUnit(unit) : unit) !== wanted.charCodeAt(at)) return false;
  }
  return true;
}

function findPiece(piece: Piece, text: string, from: number, to: number, ignoresCase: boolean): number {
  const latest = to - piece.text.length;
  if (piece.wild === null && !ignoresCase) {
    const at = text.indexOf(piece.text, from);
    return at >= 0 && at <= latest ? at : -1;
  }
  for (let at = from; at <= latest; at++) if (pieceAt(piece, text, at, ignoresCase)) return at;
  return -1;
}
