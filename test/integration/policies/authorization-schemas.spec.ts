import { IdentityApp } from '../identity/harness.js';

describe('what policies can name', () => {
  let service: IdentityApp;
  let token: string;
  beforeAll(async () => {
    service = await IdentityApp.start();
    ({ token } = await service.createTenant());
  });
  afterAll(() => service.stop());

  const validate = async (document: string, type?: string) => {
    const body = { policy_document: document, ...(type && { policy_type: type }) };
    const answer = await service.call('POST', '/v5/policies/validate', token, body);
    expect(answer.status).toBe(200);
    return answer.body.findings as { issue_code: string }[];
  };

  it('finds errors with their places, and advice where there are none', async () => {
    const document = '{"Version":"5.0","Statement":[{"Effect":"Maybe","Action":["cts:trace:list"]}]}';
    expect(await validate(document)).toEqual([
      {
        finding_type: 'error',
        issue_code: 'INVALID_EFFECT',
        error_code: 'IAM.1029',
        finding_details: expect.any(String),
        learn_more_link: expect.any(String),
        locations: [
          {
            path: [{ value: 'Statement' }, { index: 0 }, { value: 'Effect' }],
            span: {
              start: { line: 1, column: document.indexOf('"Maybe"'), offset: document.indexOf('"Maybe"') },
              end: expect.objectContaining({ line: 1 }),
            },
          },
        ],
      },
    ]);
    const wide = '{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["*:*:*"]}]}';
    expect((await validate(wide)).map(({ issue_code: issue }) => issue)).toEqual(['ALLOW_ALL']);
    expect(await validate(document.replace('Maybe', 'Allow'))).toEqual([]);
    expect((await validate('{')).map(({ issue_code: issue }) => issue)).toEqual(['JSON_SYNTAX_ERROR']);
  });

  it('knows of a control policy that NotAction cannot allow in it', async () => {
    const document =
      '{"Version":"5.0","Statement":[{"Effect":"Allow","NotAction":["cts:trace:list"],"Resource":["cts:*:*:trace:*"]}]}';
    const ofControl = await validate(document, 'service_control_policy');
    expect(ofControl).toMatchObject([{ finding_type: 'error', error_code: 'IAM.1032' }]);
    expect(
      (await validate(document)).filter((finding) => 'error_code' in finding && finding.error_code === 'IAM.1032'),
    ).toEqual([]);
  });

  it('shows the actions of a service; those of operators to operators only', async () => {
    const list = await service.call('GET', '/v5/authorization-schemas', token);
    expect(list.body.service_codes).toEqual(expect.arrayContaining(['cts', 'iam', 'swr']));
    expect(list.body.service_codes).not.toContain('ingest');
    const { body } = await service.call('GET', '/v5/authorization-schemas/services/swr', token);
    expect(body.actions).toContainEqual({
      name: 'swr:repo:createRepoDomain',
      access_level: 'Permission_management',
      permission_only: false,
      description: { en_US: '' },
      aliases: [],
      resources: [
        { urn_template: 'swr:<region>:<account-id>:repo:<resource-path>', required: true, condition_keys: [] },
      ],
      condition_keys: expect.arrayContaining(['swr:TargetAccountId']),
    });
    expect(body.conditions).toContainEqual(
      expect.objectContaining({ key: 'swr:AllowPublicAccess', value_type: 'bool', multi_valued: false }),
    );
    expect(body.resources.map(({ type_name: name }: { type_name: string }) => name)).toContain('namespace');
    const path = '/v5/authorization-schemas/services/ingest';
    expect(await service.call('GET', path, token)).toMatchObject({ status: 404, body: { error_code: 'IAM.0004' } });
    expect(await service.call('GET', path, await service.operatorToken())).toMatchObject({ status: 200 });
  });
});
