import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { policyCommand } from './policy.command.js';

const CASES = join(__dirname, '..', '..', 'test', 'cases', 'policy-cases.json');
const ALLOW = { Effect: 'Allow', Action: ['swr:repo:*'], Resource: ['swr:*:*:repo:prod/*'] };
const FILES: Readonly<Record<string, string>> = {
  'good.json': JSON.stringify({ Version: '1.1', Statement: [ALLOW] }),
  'odd.json': '{"Version":"1.1",\n "Statement":[{"Effect":"Allow","Action":["swr:repo:downlod"]}]}',
  'bad.json': '{"Version":"1.1",\n "Statement":[{"Effect":"Alow","Action":["swr:repo:download"]}]}',
  'cases.json': readFileSync(CASES, 'utf8'),
  'wrong/cases.json': readFileSync(CASES, 'utf8').replace('"expected": "ExplicitDeny"', '"expected": "Allow"'),
  'broken/cases.json': JSON.stringify([{ id: 'X1', title: 'a typing mistake', policies: [{}], request: { action: 'a:b:c', resource: null, context: {} }, expected: 'Allow' }]),
  'nocases.json': '[{}]',
}; // prettier-ignore

async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await policyCommand(args, {
    read: (file) => Promise.resolve(FILES[file] ?? ''),
    casesUnder: (path) => Promise.resolve(path in FILES ? [path] : []),
    stdout: (line) => out.push(line),
    stderr: (line) => err.push(line),
  });
  return { code, out, err: err.join('\n'), last: out.length > 0 ? (JSON.parse(out.at(-1) ?? '') as unknown) : null };
}

describe('npm run policy', () => {
  it('test: passes every shared case', async () => {
    const { code, last } = await run('test', 'cases.json');
    expect([code, last]).toEqual([0, { passed: 53, failed: 0 }]);
  });

  it('test: names what failed, and a document that cannot be read', async () => {
    const wrong = await run('test', 'wrong/cases.json', 'broken/cases.json');
    expect([wrong.code, wrong.last]).toEqual([1, { passed: 52, failed: 2 }]);
    expect(wrong.err).toContain('wrong/cases.json: C01 deny one service over FullAccess: denied: ExplicitDeny instead of Allow');
    expect(wrong.err).toContain('X1 a typing mistake: policy #0: ');
    expect(wrong.err).toContain('IAM.1026');
  }); // prettier-ignore

  it('test: refuses a file that holds no cases, and a path without any', async () => {
    await expect(run('test', 'nocases.json')).rejects.toThrow('[0] is no case');
    await expect(run('test', 'empty')).rejects.toThrow('cases.json');
  });

  it('check: prints findings with place and code, warnings do not fail', async () => {
    const { code, out, last } = await run('check', 'good.json', 'odd.json');
    expect(code).toBe(0);
    expect(out[0]).toBe('odd.json:2:43 warning IAM.1036 Statement[0].Action[0]: no action of the catalogue is named by swr:repo:downlod'); // prettier-ignore
    expect(last).toEqual({ errors: 0, warnings: 1, suggestions: 0 });
  });

  it('check: errors fail', async () => {
    const { code, out, last } = await run('check', 'bad.json');
    expect([code, last]).toEqual([1, { errors: 1, warnings: 0, suggestions: 0 }]);
    expect(out[0]).toMatch(/^bad\.json:2:25 error IAM\.1029 Statement\[0\]\.Effect: /);
  });

  it('explain: the result of simulate, and words for a person', async () => {
    const resource = 'swr:r:d:repo:dev/app';
    const { code, err, last } = await run(
      'explain',
      'good.json',
      '--action=swr:repo:deleteRepo',
      '--resource',
      resource,
    );
    expect([code, last]).toEqual([
      0,
      {
        decision: 'ImplicitDeny',
        determining: [],
        near_misses: [
          { policy_id: null, policy_name: 'good.json', version: null, statement: 0, sid: null, effect: 'Allow', failed: 'Resource', detail: 'swr:*:*:repo:prod/*' },
        ],
        missing_context: [],
        layers: { identity: 'ImplicitDeny', scp: null, org_auth: null },
      },
    ]); // prettier-ignore
    expect(err).toBe(
      `ImplicitDeny: swr:repo:deleteRepo on ${resource} is not allowed by any statement\n` +
        '  nearly by statement 0 of good.json, but for its Resource: swr:*:*:repo:prod/*',
    );
  });

  it('explain: refuses documents with errors', async () => {
    const { code, err } = await run('explain', 'bad.json', '--action', 'swr:repo:download');
    expect([code, err]).toEqual([1, expect.stringContaining('IAM.1029')]);
  });

  it.each([
    [[], 'say what to do'],
    [['chek', 'a'], 'did you mean check?'],
    [['check'], 'name at least one file'],
    [['explain', 'a'], '--action is missing'],
    [['explain', 'a', '--action', 'x', '--contxt', '{}'], 'did you mean --context?'],
    [['explain', 'a', '--action', 'x', '--context', '[]'], '--context must be'],
    [['explain', 'a', '--action', 'x', '--context', '{"a":{}}'], '--context must be'],
    [['explain', 'a', '--action', 'x', '--action', 'y'], '--action is given twice'],
    [['test', 'a', '--action', 'x'], 'only with explain'],
  ])('%j is wrong usage', async (args, told) => {
    const { code, err } = await run(...args);
    expect(code).toBe(2);
    expect(err).toContain(told);
    expect(err).toContain('usage: npm run policy');
  });
});
