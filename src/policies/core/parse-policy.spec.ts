import { pathText } from './finding.js';
import { parsePolicy } from './parse-policy.js';

const statement = { Effect: 'Allow', Action: ['swr:repo:download'] };
const classic = (change: object) => ({ Version: '1.1', Statement: [{ ...statement, ...change }] });
const modern = (change: object) => ({ Version: '5.0', Statement: [{ ...statement, ...change }] });
const when = (operator: string, key: string, values: unknown) =>
  classic({ Condition: { [operator]: { [key]: values } } });
const many = (count: number, item: unknown) => Array.from({ length: count }, () => item);
const lengthy = (count: number) => 'x'.repeat(count);

/** Code or issue, path, document. */
const REFUSED: readonly (readonly [string, string, unknown])[] = [
  ['IAM.1020', '', '{"Version": "1.1",'],
  ['IAM.1020', '', []],
  ['IAM.1021', '', { Version: '5.0', Statement: many(100, { ...statement, Resource: [`swr:*:*:repo:${lengthy(60)}`] }) }],
  ['IAM.1021', '', ' '.repeat(131_073)],
  ['IAM.1025', 'Depends', { ...classic({}), Depends: [] }],
  ['IAM.1026', '', { Statement: [statement] }],
  ['IAM.1026', 'Version', { ...classic({}), Version: '2.0' }],
  ['IAM.1027', '', { Version: '1.1' }],
  ['IAM.1027', 'Statement', { Version: '1.1', Statement: statement }],
  ['IAM.1028', 'Statement', { Version: '1.1', Statement: [] }],
  ['IAM.1028', 'Statement', { Version: '1.1', Statement: many(9, statement) }],
  ['IAM.1029', 'Statement[0].Effect', classic({ Effect: 'Permit' })],
  ['IAM.1029', 'Statement[0]', classic({ Effect: undefined })],
  ['IAM.1030', 'Statement[0]', classic({ Action: undefined })],
  ['IAM.1030', 'Statement[0].Action', classic({ Action: 'swr:repo:download' })],
  ['IAM.1031', 'Statement[0]', modern({ NotAction: ['swr:repo:upload'] })],
  ['INVALID_POLICY_ELEMENT', 'Statement[0].NotAction', classic({ Action: undefined, NotAction: ['swr:repo:upload'] })],
  ['IAM.1033', 'Statement[0].Action', classic({ Action: many(101, 'swr:repo:download') })],
  ['IAM.1034', 'Statement[0].Action[0]', classic({ Action: [`swr:repo:${lengthy(128)}`] })],
  ['IAM.1035', 'Statement[0].Action[0]', classic({ Action: ['swr:download'] })],
  ['IAM.1035', 'Statement[0].Action[0]', classic({ Action: ['swr::createLoginSecret'] })],
  ['IAM.1035', 'Statement[0].Action[0]', classic({ Action: ['*'] })],
  ['IAM.1035', 'Statement[0].Action[0]', modern({ Action: ['swr:repo:get?'] })],
  ['IAM.1035', 'Statement[0].Action[0]', modern({ Action: [`swr:repo:${'*a'.repeat(17)}`] })],
  ['IAM.1037', 'Statement[0].Resource.uri', classic({ Resource: { uri: [] } })],
  ['IAM.1038', 'Statement[0].Resource.uri[0]', classic({ Resource: { uri: ['/swr/repos/a'] } })],
  ['IAM.1040', 'Statement[0].Resource', classic({ Resource: many(11, '*') })],
  ['IAM.1041', 'Statement[0].Resource[0]', classic({ Resource: [''] })],
  ['IAM.1042', 'Statement[0].Resource[0]', classic({ Resource: [`swr:*:*:repo:${lengthy(1_500)}`] })],
  ['IAM.1043', 'Statement[0].Resource[0]', classic({ Resource: ['swr:*:repo'] })],
  ['IAM.1044', 'Statement[0].Resource[0]', classic({ Resource: ['swr:a/b:*:repo:x'] })],
  ['IAM.1045', 'Statement[0].Resource[0]', classic({ Resource: [':*:*:repo:x'] })],
  ['IAM.1046', 'Statement[0].Resource[0]', classic({ Resource: ['swr:*:*::x'] })],
  ['IAM.1047', 'Statement[0].Resource[0]', classic({ Resource: ['swr:*:*:repo:'] })],
  ['IAM.1048', 'Statement[0].Resource[0]', classic({ Resource: ['swr:*:*:repo:a?'] })],
  ['IAM.1048', 'Statement[0].Resource[0]', classic({ Resource: ['swr:*:*:repo:${g:UserName}'] })],
  ['IAM.1048', 'Statement[0].Resource[0]', modern({ Resource: ['swr:*:*:repo:${UserName}'] })],
  ['IAM.1048', 'Statement[0].Resource[0]', modern({ Resource: [`swr:*:*:repo:${'*a'.repeat(20)}`] })],
  ['IAM.1049', 'Statement[0].Resource', classic({ Resource: '*' })],
  ['IAM.1050', 'Statement[0].Condition', classic({ Condition: {} })],
  ['IAM.1051', 'Statement[0].Condition.Bool', classic({ Condition: { Bool: {} } })],
  ['IAM.1052', 'Statement[0].Condition.Bool.mfa', when('Bool', 'mfa', ['true'])],
  ['IAM.1053', 'Statement[0].Condition.Bool.g:MFAPresent', when('Bool', 'g:MFAPresent', 'true')],
  ['IAM.1054', 'Statement[0].Condition.Null.g:UserId', when('Null', 'g:UserId', [])],
  ['IAM.1054', 'Statement[0].Condition.StringEquals.g:UserId', when('StringEquals', 'g:UserId', many(11, 'a'))],
  ['IAM.1055', 'Statement[0].Condition.StringEqual', when('StringEqual', 'g:UserName', ['a'])],
  ['IAM.1055', 'Statement[0].Condition.NullIfExists', when('NullIfExists', 'g:UserName', ['true'])],
  ['IAM.1055', 'Statement[0].Condition.ForAnyValue:StringEqualsAnyOf', when('ForAnyValue:StringEqualsAnyOf', 'g:TagKeys', ['a'])],
  ['IAM.1055', 'Statement[0].Condition.StringEquals.g:MFAAge', when('StringEquals', 'g:MFAAge', ['1'])],
  ['IAM.1056', 'Statement[0].Condition.StringEquals.g:UserName[0]', when('StringEquals', 'g:UserName', [''])],
  ['IAM.1057', 'Statement[0].Condition.NumberEquals.g:MFAAge[0]', when('NumberEquals', 'g:MFAAge', ['0x10'])],
  ['IAM.1057', 'Statement[0].Condition.DateLessThan.g:CurrentTime[0]', when('DateLessThan', 'g:CurrentTime', ['2023-02-30T00:00:00Z'])],
  ['IAM.1057', 'Statement[0].Condition.IpAddress.g:SourceIp[0]', when('IpAddress', 'g:SourceIp', ['10.0.0.0/33'])],
  ['IAM.1057', 'Statement[0].Condition.StringEquals.g:UserId[0]', when('StringEquals', 'g:UserId', ['${g:UserName}'])],
  ['IAM.1060', 'Statement[0].Condition.Bool.g:MFAPresent[0]', when('Bool', 'g:MFAPresent', [true])],
  ['IAM.1039', 'Statement[0].Condition', { ...when('Null', 'g:UserId', ['true']), Version: '1.0' }],
  ['IAM.1058', 'Depends', { ...classic({}), Version: '1.0', Depends: many(21, { catalog: 'BASE', display_name: 'x' }) }],
  ['INVALID_POLICY_ELEMENT', 'Statement[0].Sid', classic({ Sid: 'a' })],
  ['INVALID_POLICY_ELEMENT', 'Id', { ...classic({}), Id: 'x' }],
  ['UNSUPPORTED_PRINCIPAL', 'Statement[0].Principal', modern({ Principal: { IAM: ['*'] } })],
  ['UNSUPPORTED_ELEMENT_COMBINATION', 'Statement[0]', modern({ Resource: ['*'], NotResource: ['*'] })],
  ['UNIQUE_SIDS_REQUIRED', 'Statement[1].Sid', { Version: '5.0', Statement: many(2, { ...statement, Sid: 'a' }) }],
  ['DUPLICATE_KEY', 'Version', '{"Version":"1.1","Version":"1.1","Statement":[{"Effect":"Allow","Action":["a:b:c"]}]}'],
  ['DUPLICATE_KEY', 'Statement[0].Condition.Null.g:UserId', '{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["a:b:c"],"Condition":{"Null":{"g:UserId":"true","g:UserId":"false"}}}]}'],
]; // prettier-ignore

function problemsOf(document: unknown, options = {}): string[] {
  const parsed = parsePolicy(document, options);
  return parsed.ok ? [] : parsed.problems.map(({ code, issue, path }) => `${code ?? issue} ${pathText(path)}`);
}

describe('parsePolicy', () => {
  it.each(REFUSED)('refuses with %s at "%s"', (code, path, document) => {
    expect(problemsOf(document)).toContain(`${code} ${path}`);
  });

  it.each([
    classic({}),
    classic({ Effect: 'deny', Resource: { uri: ['/iam/agencies/0123'] } }),
    when('StringEndWithIfExists', 'g:UserName', ['x']),
    modern({ Action: ['swr::createLoginSecret', '*'], Resource: ['*'] }),
    modern({ Resource: ["swr:*:*:repo:${g:UserName, 'no:body'}/a?"], Condition: { Bool: { 'g:MFAPresent': 'true' } } }),
    modern({ Resource: ['iam::*:agency:test'] }),
    { Version: '1.0', Statement: [statement], Depends: [{ catalog: 'BASE', display_name: 'Tenant Guest' }] },
  ])('accepts %j', (document) => {
    expect(problemsOf(document)).toEqual([]);
  });

  it('names every problem, and where it stands', () => {
    const text = `{"Version": "1.1",
 "Statement": [
  {"Effect": "Alow", "Action": ["swr:x"], "Resource": ["a"]},
  {"Effect": "Allow", "Action": []}]}`;
    const parsed = parsePolicy(text);
    if (parsed.ok) throw new Error('was accepted');
    const seen = parsed.problems.map(({ code, span: { start, end } }) => [code, start.line, start.column, text.slice(start.offset, end.offset)]);
    expect(seen).toEqual([
      ['IAM.1029', 3, 13, '"Alow"'],
      ['IAM.1035', 3, 32, '"swr:x"'],
      ['IAM.1043', 3, 55, '"a"'],
      ['IAM.1033', 4, 32, '[]'],
    ]);
  }); // prettier-ignore

  it('takes only the versions that may be written here', () => {
    expect(problemsOf(modern({}), { versions: ['1.1'] })).toEqual(['IAM.1024 Version']);
  });

  it('refuses a control policy that allows by NotAction', () => {
    const document = modern({ Action: undefined, NotAction: ['iam:*:*'] });
    expect(problemsOf(document, { controlPolicy: true })).toEqual(['IAM.1032 Statement[0].NotAction']);
    expect(problemsOf(document)).toEqual([]);
  });
});
