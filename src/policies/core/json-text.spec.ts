import fc from 'fast-check';
import { type JsonNode, nodeAt, parseJsonText, spanOf } from './json-text.js';

function valueOf(node: JsonNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'array') return node.items.map(valueOf);
  return Object.fromEntries(node.members.map(({ key, value }) => [key, valueOf(value)]));
}

function* nodesOf(node: JsonNode): Generator<JsonNode> {
  yield node;
  const inner = node.kind === 'array' ? node.items : node.kind === 'object' ? node.members.map((one) => one.value) : [];
  for (const child of inner) yield* nodesOf(child);
}

describe('parseJsonText', () => {
  it('reads what JSON.parse reads, and knows where every value stands', () => {
    const layout = fc.constantFrom(undefined, 1, '\t', '  ');
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), layout, (value, space) => {
        const text = ` ${JSON.stringify(value, null, space)}\n`;
        const parsed = parseJsonText(text);
        if (!parsed.ok) throw new Error(parsed.message);
        expect(valueOf(parsed.root)).toEqual(JSON.parse(text));
        for (const node of nodesOf(parsed.root))
          expect(JSON.parse(text.slice(node.start, node.end))).toEqual(valueOf(node));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const texts = fc.array(
      fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '1', '-', '01', 'null', 'nul', '"', '\\', ' '),
    );
    fc.assert(
      fc.property(texts.map((parts) => parts.join('')), (text) => {
        let accepted = true;
        try {
          JSON.parse(text);
        } catch {
          accepted = false;
        }
        expect(parseJsonText(text).ok).toBe(accepted);
      }),
      { numRuns: 2_000 },
    ); // prettier-ignore
  });

  it.each([
    ['{"a":1', 6],
    ['{"a" 1}', 5],
    ['{"a":}', 5],
    ['[1 2]', 3],
    ['{"a":1} x', 8],
    ['{a:1}', 1],
    ['{"a":"b', 5],
    ['['.repeat(40), 33],
  ])('says where %s goes wrong', (text, at) => {
    expect(parseJsonText(text)).toMatchObject({ ok: false, at });
  });

  it('counts lines from 1, columns and offsets from 0', () => {
    const text = '{\n  "a": [\n    true ]}';
    const parsed = parseJsonText(text);
    if (!parsed.ok) throw new Error(parsed.message);
    expect(spanOf(text, nodeAt(parsed.root, ['a', 0]))).toEqual({
      start: { line: 3, column: 4, offset: 15 },
      end: { line: 3, column: 8, offset: 19 },
    });
    expect(nodeAt(parsed.root, ['a', 7])).toBe(nodeAt(parsed.root, ['a']));
  });
});
