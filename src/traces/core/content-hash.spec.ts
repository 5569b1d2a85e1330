import fc from 'fast-check';
import { arbitraryTrace } from '../../../test/cases/arbitrary-trace.js';
import { contentSha256 } from '../content-sha256.js';
import { canonicalContent } from './content-hash.js';
import { parseTrace } from './parse-trace.js';
import type { Trace, WireShape } from './trace.js';
import { renderShape } from './wire-render.js';

const SHAPES: WireShape[] = ['api-v3', 'api-v1', 'api-v2', 'file', 'push', 'console'];
const one = (fc.sample(arbitraryTrace, { seed: 7, numRuns: 1 })[0] ?? {}) as Trace;
const content = (change: Partial<Trace>): string => canonicalContent({ ...one, ...change });

function parsed(event: unknown): Trace {
  const result = parseTrace(JSON.stringify(event), 1);
  if (!result.ok) throw new Error(`${result.refusal.reason}: ${result.refusal.detail}`);
  return result.trace;
}

describe('canonicalContent', () => {
  it.each(SHAPES)('is the same after a journey as %s, and the shape is recognised', (shape) => {
    fc.assert(
      fc.property(arbitraryTrace, (trace) => {
        const received = parsed(renderShape(trace, shape));
        expect(received.wireShape).toBe(shape);
        expect(received.domainId).toBe(trace.domainId);
        expect(canonicalContent(received)).toBe(canonicalContent(trace));
      }),
    );
  });

  /** The 25 members of the API model, as the canonical record has them. */
  const members = [
    'traceId',
    'traceName',
    'traceRating',
    'traceType',
    'serviceType',
    'resourceType',
    'resourceName',
    'resourceId',
    'resourceAccountId',
    'enterpriseProjectId',
    'user',
    'sourceIp',
    'request',
    'response',
    'code',
    'apiVersion',
    'message',
    'time',
    'recordTime',
    'requestId',
    'locationInfo',
    'endpoint',
    'resourceUrl',
    'readOnly',
    'operationId',
  ] as const;
  const others = [
    'domainId',
    'projectId',
    'eventType',
    'trackerName',
    'userAgent',
    'contentLength',
    'totalTime',
    'extra',
    'wireShape',
    'userName',
    'accessKeyId',
  ] as const;

  it('counts 25 members', () => {
    expect(members).toHaveLength(25);
  });

  it.each(members)('changes with %s', (member) => {
    const numeric = member === 'time' || member === 'recordTime';
    const values = numeric
      ? [1, 2, 12]
      : member === 'readOnly'
        ? [null, true, false]
        : ['a', 'b', 'ab', ' a', 'A', '{"a":1}', '{"a":2}'];
    const contents = values.map((value) => content({ [member]: value }));
    expect(new Set(contents).size).toBe(values.length);
  });

  it.each(others)('does not depend on %s', (member) => {
    expect(content({ [member]: 'changed' })).toBe(content({}));
  });

  it('is never the same for two members whose values were exchanged', () => {
    const texts = members.filter((member) => !['time', 'recordTime', 'readOnly'].includes(member));
    const contents = texts.map((member) =>
      content({ ...Object.fromEntries(texts.map((name) => [name, 'b'])), [member]: 'a' }),
    );
    expect(new Set(contents).size).toBe(texts.length);
  });

  it.each<[keyof Trace, (string | null)[]]>([
    ['resourceName', [null, '']],
    ['code', [null, '', '0']],
    ['user', [null, '', '{}', ' { } ']],
    ['request', [null, '', '{}', '{ }']],
    ['user', ['{"a":1,"b":[{"c":"x","d":null}]}', '{"b": [{"d":null, "c":"\\u0078"}], "a": 1.0}']],
    ['response', ['{"a":1,"b":{"c":2}}', ' {"b":{"c":2},"a":1}\n']],
    ['message', ['[1,2]', '[ 1, 2 ]']],
    ['request', ['{"n":12345678901234567890,"m":1}', '{"m":1, "n":12345678901234567890}']],
  ])('%s: %j are one', (member, values) => {
    expect(new Set(values.map((value) => content({ [member]: value }))).size).toBe(1);
  });

  it.each<[keyof Trace, string[]]>([
    ['request', ['[1,2]', '[2,1]', '[[1],2]', '["1",2]', '[1,"2"]', '[12]', '[]', '[{}]', '[null]']],
    [
      'request',
      [
        '{"a":1}',
        '{"a":"1"}',
        '{"b":1}',
        '{"a":{"b":1}}',
        '{"a":null}',
        '{"a":true}',
        '{"a":false}',
        '{"a":[]}',
        '{"a":""}',
      ],
    ],
    ['request', ['{"__proto__":1}', '{"__proto__":2}', '{"a":1}']],
    [
      'request',
      [
        '{"n":12345678901234567890}',
        '{"n":12345678901234567891}',
        '{"n":"12345678901234567890"}',
        '{"n":1e400}',
        '{"n":null}',
      ],
    ],
    ['request', ['{a', '{b', '{ a', 'null', '0', '"x"', 'x']],
    ['user', ['a', '"a"', '["a"]', '{"name":"a"}', '{"name":"b"}', '{"name":"a","id":null}']],
    ['code', ['200', '0200', '201', '00']],
  ])('%s: %j are all different', (member, values) => {
    expect(new Set(values.map((value) => content({ [member]: value }))).size).toBe(values.length);
  });

  it('compares what nests too deeply as text', () => {
    const nested = (space: string): string => `{"a":${space}${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
    expect(content({ request: nested('') })).not.toBe(content({ request: nested(' ') }));
  });

  it('tells JSON values apart exactly when they differ', () => {
    const sorted = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(sorted)
        : typeof value === 'object' && value !== null
          ? Object.entries(value)
              .map(([key, item]) => [key, sorted(item)])
              .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
          : value;
    const value = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 2 }), { minKeys: 1 });
    fc.assert(
      fc.property(value, value, (left, right) => {
        const same =
          JSON.stringify(sorted(left)) === JSON.stringify(sorted(right)) &&
          Array.isArray(left) === Array.isArray(right);
        expect(content({ request: JSON.stringify(left) }) === content({ request: JSON.stringify(right) })).toBe(same);
      }),
    );
  });
});

it('hashes to 32 bytes that no release may change', () => {
  const trace = parsed({
    trace_id: 'e001ccb9-bc09-11e6-b00b-4b2a61338db6',
    trace_name: 'createNamespace',
    trace_rating: 'normal',
    trace_type: 'ApiCall',
    service_type: 'SWR',
    resource_type: 'usernamespace',
    domain_id: 'd1',
    record_time: 1481066128032,
    user: { name: 'lin', id: 'u1' },
    request: { b: [1, 2.5, 'x'], a: null },
    code: 201,
    read_only: false,
  });
  expect(canonicalContent(trace)).toMatchInlineSnapshot(
    `"cts1|36:e001ccb9-bc09-11e6-b00b-4b2a61338db615:createNamespace6:normal7:ApiCall3:SWR13:usernamespace----j21:{2:id2:u14:name3:lin}-j22:{1:aN1:b[=1;=2.5;1:x]}-3:201--13:148106612803213:1481066128032----F-"`,
  );
  expect(contentSha256(trace)).toMatchInlineSnapshot(
    `"06ea91dd5eda9c22232951d98263d9e056ebe94394a647dd8a7dc72174a16529"`,
  );
});
