/** Changes members of one event in its text; every other byte stays as it was. */
import { jsonMembers } from './json-members.js';
import { isJsonObject, type JsonObject, parseJson } from './json-value.js';
import { envelopedEvent } from './wire-shape.js';

/** A line that holds an event. */
export interface EventLine {
  readonly text: string;
  readonly members: JsonObject;
  /** Where the event's object begins in the text: not at its start when it stands in `{"cts":{…}}`. */
  readonly objectStart: number;
}

/** The event of a line, or null where the line is not a JSON object. */
export function readEventLine(text: string): EventLine | null {
  const root = parseJson(text);
  if (!isJsonObject(root)) return null;
  const inner = envelopedEvent(root);
  if (inner === null) return { text, members: root, objectStart: text.indexOf('{') };
  const start = jsonMembers(text).findLast(({ key }) => key === 'cts')?.start ?? 0;
  return { text, members: inner, objectStart: start };
}

/** The line's text with `changes` written over the members that are there and after the last where they are not. */
export function editEvent(line: EventLine, changes: JsonObject): string {
  const { text, objectStart } = line;
  const present = jsonMembers(text, objectStart);
  let edited = '';
  let at = 0;
  for (const { key, start, end } of present) {
    if (!Object.hasOwn(changes, key)) continue;
    edited += text.slice(at, start) + JSON.stringify(changes[key]);
    at = end;
  }
  const last = present.at(-1)?.end ?? text.indexOf('{', objectStart) + 1;
  edited += text.slice(at, last);
  const added = Object.entries(changes).filter(([name]) => !present.some(({ key }) => key === name));
  const members = added.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const separator = present.length > 0 && members.length > 0 ? ',' : '';
  return edited + separator + members.join(',') + text.slice(last);
}
