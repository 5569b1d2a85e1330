/** Dead letters for the eyes of an operator: fit for a terminal, whatever a record or its sender put into them. */
import type { ShownDeadLetter, WireDeadLetter } from './dead-letters.dto.js';

/** Wide enough for what usually stands there, so that pages that come one after the other make one table. */
const COLUMNS: readonly (readonly [title: string, width: number, of: (letter: WireDeadLetter) => string])[] = [
  ['ID', 36, ({ id }) => id],
  ['RECEIVED', 24, ({ received_at: at }) => new Date(at).toISOString()],
  ['REASON', 17, ({ reason }) => reason],
  ['STATE', 24, stateOf],
  ['ORIGIN', 20, ({ topic, partition, offset }) => `${topic}/${String(partition)}/${offset}`],
  ['BYTES', 7, ({ size }) => String(size)],
  ['DOMAIN', 32, ({ domain_id: domainId }) => domainId ?? '-'],
  ['DETAIL', 0, ({ detail }) => detail],
];

export function tableHead(): string {
  return COLUMNS.map(([title, width]) => title.padEnd(width)).join('  ');
}

export function tableRow(letter: WireDeadLetter): string {
  return COLUMNS.map(([, width, of]) => printable(of(letter)).padEnd(width)).join('  ');
}

/** Every member on a line of its own, and below them the record. */
export function describeLetter(letter: ShownDeadLetter): string {
  const { value, outcome, state: _state, headers, ...rest } = letter;
  const facts: Record<string, unknown> = { ...rest, state: stateOf(letter) };
  if (outcome?.dead_letter_id) facts.refused_again_as = outcome.dead_letter_id;
  const lines = Object.entries(facts)
    .filter(([, fact]) => fact !== null)
    .map(([name, fact]) => `${name.padEnd(18)}${printable(factText(name, fact))}`);
  const carried = headers.map(({ name, value: text, encoding }) => {
    const shown = encoding === 'base64' ? `${text} (base64)` : text;
    return `${'header'.padEnd(18)}${printable(`${name}: ${shown}`)}`;
  });
  return [...lines, ...carried, '', printable(value, true)].join('\n');
}

function factText(name: string, fact: unknown): string {
  return name.endsWith('_at') && typeof fact === 'number' ? new Date(fact).toISOString() : String(fact);
}

function stateOf({ state, outcome }: WireDeadLetter): string {
  if (state !== 'replayed') return state;
  return outcome === null ? 'replayed, under way' : `replayed, ${outcome.reason ?? outcome.outcome}`;
}

/** What would move the cursor, change colours or turn the direction of writing is shown as its code. */
export function printable(text: string, withLines = false): string {
  return text.replace(/\p{C}/gu, (character) =>
    withLines && (character === '\n' || character === '\t') ? character : escaped(character),
  );
}

/** JSON with the same done to it; it stays JSON. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(/\p{C}/gu, escaped);
}

function escaped(character: string): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('');
}
