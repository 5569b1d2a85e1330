import fc from 'fast-check';
import { documents, requests } from '../../../test/cases/policy-arbitrary.js';
import { type Json, referenceDecision } from '../../../test/cases/policy-reference.js';
import { askCedar, cedarContext, cedarPolicies, cedarStatement, prepareCedar } from '../../../bench/policy-cedar.js';
import { policyWorkload, requestWorkload } from '../../../bench/policy-workload.js';
import { compile, decide, explain, parsePolicy, printPolicy } from './policy-language.js';
import type { AccessRequest, Decision, NamedPolicy, Policy } from './policy.js';

const CASES = process.env['CI'] ? 100_000 : 5_000;
const REQUESTS_PER_SET = 5;
const LONG = 600_000;

const someRequests = fc.array(requests, { minLength: REQUESTS_PER_SET, maxLength: REQUESTS_PER_SET });
const inAll = { numRuns: CASES / REQUESTS_PER_SET };
const inSome = { numRuns: Math.min(1_000, CASES / REQUESTS_PER_SET / 4) };

function policyOf(document: unknown): Policy {
  const parsed = parsePolicy(document);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems.map(({ path, details }) => [path, details])));
  return parsed.policy;
}

function namedOf(given: readonly Json[]): NamedPolicy[] {
  return given.map((document, index) => ({ id: null, name: String(index), version: null, policy: policyOf(document) }));
}

const setOf = (given: readonly Json[]) => compile(namedOf(given));

describe('the evaluator', () => {
  it(
    `agrees with the naive reference in ${CASES} cases: decision and determining statements, by index and by explanation`,
    () => {
      const seen: Record<Decision, number> = { Allow: 0, ExplicitDeny: 0, ImplicitDeny: 0 };
      fc.assert(
        fc.property(documents, someRequests, (given, asked) => {
          const set = setOf(given);
          for (const request of asked) {
            const { decision, determining } = explain(set, request);
            const found = determining.map(({ policyName, statement }) => `${policyName}/${statement}`);
            const expected = referenceDecision(given, request);
            expect({ decision, determining: found }).toEqual(expected);
            expect(decide(set, request)).toBe(expected.decision);
            seen[decision] += 1;
          }
        }),
        inAll,
      );
      // Vocabularies that never met would agree on anything.
      expect(Math.min(...Object.values(seen))).toBeGreaterThan(CASES / 20);
    },
    LONG,
  );

  it('decides as it explains among a thousand statements', () => {
    const set = compile(policyWorkload(1_000));
    for (const request of requestWorkload(1_000, 1_000))
      expect(decide(set, request)).toBe(explain(set, request).decision);
  });

  it(
    'agrees with Cedar on what Cedar can say: decision and determining statements',
    () => {
      const seen: Record<Decision, number> = { Allow: 0, ExplicitDeny: 0, ImplicitDeny: 0 };
      fc.assert(
        fc.property(documents, someRequests, (given, asked) => {
          const named = namedOf(given).map((one) => ({ ...one, policy: inCedarsWords(one.policy) }));
          const set = compile(named);
          const places = new Map(set.statements.map((one, place) => [`${one.source.name}/${one.index}`, place]));
          prepareCedar(
            'oracle',
            named.flatMap(({ policy }) => cedarPolicies(policy) ?? []),
          );
          for (const request of asked.map(plainlyTyped)) {
            const { decision, determining } = explain(set, request);
            const found = determining.map(({ policyName, statement }) => places.get(`${policyName}/${statement}`));
            expect({ decision, determining: found }).toEqual(askCedar('oracle', cedarContext(request)));
            seen[decision] += 1;
          }
        }),
        inSome,
      );
      expect(Math.min(...Object.values(seen))).toBeGreaterThan(inSome.numRuns / 5);
    },
    LONG,
  );
});

function inCedarsWords(policy: Policy): Policy {
  return { ...policy, statements: policy.statements.filter((statement) => cedarStatement(statement) !== null) };
}

const CEDAR_TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  'g:UserName': (value) => typeof value === 'string',
  'swr:note': (value) => typeof value === 'string',
  'g:PrincipalTag/dept': (value) => typeof value === 'string',
  'g:TagKeys': (value) => typeof value === 'string',
  'g:MFAAge': (value) => Number.isSafeInteger(value),
  'swr:size': (value) => Number.isSafeInteger(value),
  'g:MFAPresent': (value) => typeof value === 'boolean',
  'swr:flag': (value) => typeof value === 'boolean',
  'g:SourceIp': (value) => typeof value === 'string' && value !== 'localhost' && !value.startsWith('::ffff:'),
};

/** Cedar compares no sets and no texts as numbers, knows keys by one spelling, no empty values, and no resource that is no URN. */
function plainlyTyped({ action, resource, context }: AccessRequest): AccessRequest {
  return {
    action: action.split(':').length === 3 ? action : 'swr:repo:getRepo',
    resource: resource !== null && resource.split(':').length < 5 ? null : resource,
    context: Object.fromEntries(
      Object.entries(context).filter(([key, value]) => value !== '' && CEDAR_TYPES[key]?.(value) === true),
    ),
  };
}

describe('metamorphic laws', () => {
  const rank: Record<Decision, number> = { ExplicitDeny: 0, ImplicitDeny: 1, Allow: 2 };
  const withEffect = (given: readonly Json[], effect: string): Json[] =>
    given.map((document) => ({
      ...document,
      Statement: (document['Statement'] as Json[]).map((statement) => ({ ...statement, Effect: effect })),
    }));
  /** Decides every request before and after the documents are changed. */
  const check = (change: (given: Json[], more: Json[]) => Json[], judge: (before: Decision, after: Decision) => void) =>
    fc.assert(
      fc.property(documents, documents, someRequests, (given, more, asked) => {
        const [set, changed] = [setOf(given), setOf(change(given, more))];
        for (const request of asked) judge(decide(set, request), decide(changed, request));
      }),
      inSome,
    );

  it('order does not matter', () => {
    const turn = (document: Json): Json => ({ ...document, Statement: (document['Statement'] as Json[]).toReversed() });
    check(
      (given) => given.map(turn).toReversed(),
      (before, after) => expect(after).toBe(before),
    );
  });

  it('saying it twice does not matter', () => {
    check(
      (given) => [...given, ...given],
      (before, after) => expect(after).toBe(before),
    );
  });

  it('another Deny never grants', () => {
    check(
      (given, more) => [...given, ...withEffect(more, 'Deny')],
      (before, after) => expect(rank[after]).toBeLessThanOrEqual(rank[before]),
    );
  });

  it('another Allow never denies', () => {
    check(
      (given, more) => [...withEffect(more, 'Allow'), ...given],
      (before, after) => expect(rank[after]).toBeGreaterThanOrEqual(rank[before]),
    );
  });

  it('what is printed is read again as the same, from a value and from its text', () => {
    fc.assert(
      fc.property(documents, (given) => {
        for (const document of given) {
          const policy = policyOf(document);
          const printed = printPolicy(policy);
          expect(policyOf(printed)).toEqual(policy);
          expect(policyOf(JSON.stringify(printed))).toEqual(policy);
          expect(printPolicy(policyOf(printed))).toEqual(printed);
        }
      }),
      inSome,
    );
  });
});

describe('whatever comes', () => {
  const values = fc.jsonValue({ maxDepth: 3 });
  const key = fc.constantFrom(
    'g:UserName',
    'g:username',
    'g:TagKeys',
    'g:MFAAge',
    'g:SourceIp',
    'swr:note',
    '__proto__',
  );

  it('a context of any JSON is decided, and by both ways the same', () => {
    const contexts = fc.array(fc.tuple(key, values)).map((pairs) => Object.fromEntries(pairs));
    fc.assert(
      fc.property(documents, requests, contexts, (given, request, context) => {
        const set = setOf(given);
        const asked = { ...request, context: { ...request.context, ...context } as AccessRequest['context'] };
        expect(decide(set, asked)).toBe(explain(set, asked).decision);
      }),
      { numRuns: 2_000 },
    );
  });

  it('any text and any JSON is parsed or refused with places within it', () => {
    const damaged = fc
      .tuple(documents, fc.nat(), fc.nat(3), fc.constantFrom('', '"', '{', '[1]', 'null', ',', '*', '${'))
      .map(([[document], at, gone, put]) => {
        const text = JSON.stringify(document);
        const from = at % text.length;
        return text.slice(0, from) + put + text.slice(from + gone);
      });
    const replaced = fc
      .tuple(documents, fc.constantFrom('Version', 'Statement', 'Depends', 'Id'), values)
      .map(([[document], member, value]) => JSON.stringify({ ...document, [member]: value }));
    const members = fc.constantFrom('Effect', 'Action', 'Resource', 'Condition', 'Sid', 'NotAction', 'Principal');
    const nested = fc
      .tuple(members, values)
      .map(([member, value]) =>
        JSON.stringify({ Version: '5.0', Statement: [{ Effect: 'Allow', Action: ['a:b:c'], [member]: value }, value] }),
      );
    fc.assert(
      fc.property(fc.oneof(damaged, replaced, nested, fc.string()), (text) => {
        const parsed = parsePolicy(text);
        if (parsed.ok) {
          compile([{ id: null, name: '', version: null, policy: parsed.policy }]);
          return;
        }
        expect(parsed.problems.length).toBeGreaterThan(0);
        for (const { span } of parsed.problems) {
          expect(span.start.offset).toBeLessThanOrEqual(span.end.offset);
          expect(span.end.offset).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
