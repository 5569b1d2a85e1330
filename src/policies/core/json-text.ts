/** JSON with the place of every value, so that a problem of a document can be pointed at. */

/** `line` counts from 1, `column` and `offset` from 0, in UTF-16 code units (domain/iam.md §1.4). */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** `end` is the position after the last character. */
export interface Span {
  readonly start: Position;
  readonly end: Position;
}

interface Place {
  readonly start: number;
  readonly end: number;
}

export type JsonNode = JsonObject | JsonArray | JsonScalar;
export interface JsonObject extends Place {
  readonly kind: 'object';
  /** In the order of the text, repeated keys too. */
  readonly members: readonly JsonMember[];
}
export interface JsonArray extends Place {
  readonly kind: 'array';
  readonly items: readonly JsonNode[];
}
export interface JsonScalar extends Place {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
}
export interface JsonMember {
  readonly key: string;
  readonly at: Place;
  readonly value: JsonNode;
}

export type JsonResult =
  | { readonly ok: true; readonly root: JsonNode }
  | { readonly ok: false; readonly message: string; readonly at: number };

/** Deeper documents are refused; a policy needs five levels. */
const MAX_DEPTH = 32;

export function parseJsonText(text: string): JsonResult {
  const reader = new JsonReader(text);
  try {
    return { ok: true, root: reader.document() };
  } catch (error) {
    if (error instanceof JsonFault) return { ok: false, message: error.message, at: error.at };
    throw error;
  }
}

export function spanOf(text: string, { start, end }: Place): Span {
  return { start: positionAt(text, start), end: positionAt(text, end) };
}

export function positionAt(text: string, offset: number): Position {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart, offset };
}

/** The node at a path of keys and indexes, or the nearest one above it; of a repeated key the last counts. */
export function nodeAt(root: JsonNode, path: readonly (string | number)[]): JsonNode {
  let node = root;
  for (const part of path) {
    let inner: JsonNode | undefined;
    if (node.kind === 'array' && typeof part === 'number') inner = node.items[part];
    else if (node.kind === 'object') inner = node.members.findLast(({ key }) => key === part)?.value;
    if (inner === undefined) return node;
    node = inner;
  }
  return node;
}

class JsonFault extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

class JsonReader {
  private at = 0;

  constructor(private readonly text: string) {}

  document(): JsonNode {
    const root = this.value(0);
    this.space();
    if (this.at < this.text.length) throw this.fault('nothing may follow the document');
    return root;
  }

  private value(depth: number): JsonNode {
    this.space();
    if (depth > MAX_DEPTH) throw this.fault(`nested deeper than ${MAX_DEPTH} levels`);
    switch (this.text[this.at]) {
      case '{':
        return this.object(depth);
      case '[':
        return this.array(depth);
      default:
        return this.scalar();
    }
  }

  private object(depth: number): JsonObject {
    const start = this.at++;
    const members: JsonMember[] = [];
    while (!this.closes('}', members.length > 0)) {
      const at = this.place(() => this.string());
      const key = String(JSON.parse(this.text.slice(at.start, at.end)));
      this.space();
      if (this.text[this.at] !== ':') throw this.fault('a colon is missing after the key');
      this.at++;
      members.push({ key, at, value: this.value(depth + 1) });
    }
    return { kind: 'object', start, end: this.at, members };
  }

  private array(depth: number): JsonArray {
    const start = this.at++;
    const items: JsonNode[] = [];
    while (!this.closes(']', items.length > 0)) items.push(this.value(depth + 1));
    return { kind: 'array', start, end: this.at, items };
  }

  /** Steps over the end of an object or array, or over the comma before what comes next. */
  private closes(end: '}' | ']', hasSome: boolean): boolean {
    this.space();
    if (this.text[this.at] === end) {
      this.at++;
      return true;
    }
    if (hasSome) {
      if (this.text[this.at] !== ',') throw this.fault(`a comma or ${end} is missing`);
      this.at++;
      this.space();
    }
    return false;
  }

  private scalar(): JsonScalar {
    const { start, end } = this.place(() => (this.text[this.at] === '"' ? this.string() : this.word()));
    return { kind: 'scalar', start, end, value: this.parsed(start, end) };
  }

  private parsed(start: number, end: number): string | number | boolean | null {
    try {
      return JSON.parse(this.text.slice(start, end)) as string | number | boolean | null;
    } catch {
      this.at = start;
      throw this.fault(start === end ? 'a value is missing' : 'this is no JSON value');
    }
  }

  private place(step: () => void): Place {
    const start = this.at;
    step();
    return { start, end: this.at };
  }

  private string(): void {
    const start = this.at;
    if (this.text[start] !== '"') throw this.fault('a key in double quotes is missing');
    for (let at = start + 1; at < this.text.length; at++) {
      const char = this.text[at];
      if (char === '\\') at++;
      else if (char === '"') {
        this.at = at + 1;
        this.parsed(start, this.at);
        this.at = at + 1;
        return;
      }
    }
    throw this.fault('the text is not closed');
  }

  private word(): void {
    while (this.at < this.text.length && !' \n\r\t,:[]{}"'.includes(this.text.charAt(this.at))) this.at++;
  }

  private space(): void {
    while (this.at < this.text.length && ' \n\r\t'.includes(this.text.charAt(this.at))) this.at++;
  }

  private fault(message: string): JsonFault {
    return new JsonFault(message, this.at);
  }
}
