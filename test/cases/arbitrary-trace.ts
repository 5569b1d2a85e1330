/** Traces as parsing makes them, for property tests: every member within its limits, members present or not. */
import fc from 'fast-check';
import type { Trace } from '../../src/traces/core/trace.js';

/** Whole seconds, so that the console form can say them too. */
const time = fc.integer({ min: 1_500_000_000, max: 1_900_000_000 }).map((seconds) => seconds * 1000);
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ minLength: 1, maxLength, unit: 'grapheme' }).filter(isPlain);
const optional = (maxLength = 20): fc.Arbitrary<string | null> => fc.option(text(maxLength));
const jsonObject = fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), fc.jsonValue({ maxDepth: 3 }));
const hex = fc.stringMatching(/^[0-9a-f]{32}$/);

const user = fc
  .record(
    {
      id: hex,
      name: text(20),
      domain: fc.record({ id: hex, name: text(10) }),
      access_key_id: hex,
      type: fc.constant('User'),
    },
    { requiredKeys: ['id'] },
  )
  .map((value) => JSON.stringify(value));

/** Bodies: none, JSON of an object or array, or any text. */
const body = fc.oneof(
  fc.constant(null),
  jsonObject.map((value) => JSON.stringify(value)),
  fc.constant('[1,{"b":2,"a":1}]'),
  text(40),
);

function isPlain(value: string): boolean {
  return value.isWellFormed() && !value.includes('\0');
}

interface NamedUser {
  readonly id: string;
  readonly domain?: { readonly id: string };
  readonly name?: string;
  readonly access_key_id?: string;
}

export const arbitraryTrace: fc.Arbitrary<Trace> = fc
  .record({
    domainId: hex,
    projectId: fc.oneof(hex, fc.constant('')),
    traceId: fc.uuid({ version: 1 }),
    recordTime: time,
    time,
    traceName: text(30),
    traceRating: fc.constantFrom('normal', 'warning', 'incident'),
    traceType: fc.constantFrom('ApiCall', 'ConsoleAction', 'SystemAction', 'Others'),
    eventType: fc.constant('system'),
    serviceType: fc.constantFrom('SWR', 'IAM', 'FunctionGraph'),
    resourceType: text(20),
    resourceName: optional(),
    resourceId: optional(),
    resourceAccountId: optional(),
    enterpriseProjectId: fc.constantFrom(null, '0'),
    user,
    sourceIp: fc.option(fc.ipV4()),
    code: fc.constantFrom(null, '200', '404', 'SVCSTG.1'),
    apiVersion: optional(),
    message: body,
    request: body,
    response: body,
    requestId: optional(),
    locationInfo: optional(),
    endpoint: optional(),
    resourceUrl: optional(),
    readOnly: fc.option(fc.boolean()),
    operationId: optional(),
    trackerName: fc.constant('system'),
    userAgent: optional(),
    contentLength: fc.option(fc.nat()),
    totalTime: fc.option(fc.nat()),
  })
  .map((fields) => {
    const { id, domain, name, access_key_id: accessKey } = JSON.parse(fields.user) as NamedUser;
    return {
      ...fields,
      userName: name ?? null,
      actorId: domain === undefined || domain.id === fields.domainId ? id : null,
      accessKeyId: accessKey ?? null,
      extra: null,
      wireShape: 'api-v3' as const,
    };
  });
