/** Proves that the property suite would notice: each mutation of the evaluator, applied to a copy of it, is caught. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { documents, requests } from '../../../test/cases/policy-arbitrary.js';
import { type Json, referenceDecision } from '../../../test/cases/policy-reference.js';
import type * as Language from './policy-language.js';

interface Mutation {
  readonly title: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const MUTATIONS: readonly Mutation[] = [
  {
    title: 'a Deny on a resource is not looked for',
    file: 'decide.ts',
    from: "if (urn !== null && someOfResource(set, 'Deny', bucket, plan, urn, context)) return 'ExplicitDeny';",
    to: '',
  },
  {
    title: 'a Deny that cannot be evaluated lets pass',
    file: 'compiled-statement.ts',
    from: "return effect === 'Deny' ? found !== NO : found === YES;",
    to: 'return found === YES;',
  },
  {
    title: 'a negative operator is taken for its opposite',
    file: 'condition.ts',
    from: 'return negative ? not(best) : best;',
    to: 'return best;',
  },
  {
    title: 'IfExists is forgotten',
    file: 'condition.ts',
    from: 'if (ifExists) return YES;',
    to: '',
  },
  {
    title: 'text between two stars may run into the text that ends the pattern',
    file: 'glob.ts',
    from: 'return at >= 0 && at <= latest ? at : -1;',
    to: 'return at;',
  },
  {
    title: 'the ends of paths are indexed in the wrong direction',
    file: 'resource-index.ts',
    from: 'backward ? reversed(suffix) : prefix',
    to: 'backward ? suffix : prefix',
  },
];

const RUNS = 4_000;
const SEED = 20_261_125;

describe('the property suite', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'policy-mutation-'));
    cpSync(join(__dirname, '..', '..', 'kernel'), join(folder, 'kernel'), { recursive: true });
    for (const part of ['core', 'data'])
      cpSync(join(__dirname, '..', part), join(folder, 'policies', part), { recursive: true });
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const language = (): typeof Language =>
    jest.requireActual<typeof Language>(join(folder, 'policies', 'core', 'policy-language'));

  it('finds nothing in an unchanged copy', () => {
    expect(isCaught(language())).toBe(false);
  });

  it.each(MUTATIONS)('notices that $title', ({ file, from, to }) => {
    const path = join(folder, 'policies', 'core', file);
    const source = readFileSync(path, 'utf8');
    expect(source.split(from)).toHaveLength(2);
    writeFileSync(path, source.replace(from, to));
    expect(isCaught(language())).toBe(true);
  });
});

/** Whether a decision or a determining statement differs from the reference's. */
function isCaught({ parsePolicy, compile, decide, explain }: typeof Language): boolean {
  const agrees = (given: readonly Json[], request: Parameters<typeof decide>[1]): boolean => {
    const policies = given.map((document, index) => {
      const parsed = parsePolicy(document);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      return { id: null, name: String(index), version: null, policy: parsed.policy };
    });
    const set = compile(policies);
    const expected = referenceDecision(given, request);
    const determining = explain(set, request).determining.map((one) => `${one.policyName}/${one.statement}`);
    return decide(set, request) === expected.decision && determining.join() === expected.determining.join();
  };
  return fc.check(fc.property(documents, requests, agrees), { numRuns: RUNS, seed: SEED, endOnFailure: true }).failed;
}
