import { until } from '../../support/until.js';
import { IdentityApp } from '../identity/harness.js';

type Tenant = Awaited<ReturnType<IdentityApp['createTenant']>>;
type User = Awaited<ReturnType<IdentityApp['createUser']>>;

const ORGANIZATION = '/v2/manage/namespaces/dev/access';
const REPOSITORY = '/v2/manage/namespaces/dev/repos/team$app/access';

describe('permissions on organizations and repositories', () => {
  let service: IdentityApp;
  let tenant: Tenant;
  beforeAll(async () => {
    service = await IdentityApp.start();
    tenant = await service.createTenant();
  });
  afterAll(() => service.stop());

  const call = (method: string, path: string, body?: object, token = tenant.token) =>
    service.call(method, path, token, body);
  const auth = ({ id, name }: Pick<User, 'id' | 'name'>, level: number) => ({
    user_id: id,
    user_name: name,
    auth: level,
  });
  const anyone = () => service.createUser(tenant.token);
  const settles = (status: number, method: string, path: string, token: string, body?: object) =>
    until(
      () => call(method, path, body, token),
      (answer) => answer.status === status,
    );

  it.each([
    [ORGANIZATION, 'dev', 'NamespaceAuth'],
    [REPOSITORY, 'team/app', 'RepositoryAuth'],
  ])('are created, shown, changed and taken away: %s', async (path, name, traced) => {
    const [first, second] = [await anyone(), await anyone()];
    expect(await call('POST', path, [auth(first, 1), auth(second, 3)])).toMatchObject({ status: 201, text: '' });
    const others = (await call('GET', path)).body.others_auths as object[];
    expect(others).toEqual(expect.arrayContaining([auth(first, 1), auth(second, 3)]));
    const shown = await call('GET', path);
    expect(shown).toMatchObject({
      status: 200,
      body: { id: expect.any(Number), name, self_auth: { ...auth(tenant.administrator, 7) } },
    });
    expect((await call('GET', path)).body.id).toBe(shown.body.id);
    expect(await call('PATCH', path, [auth(first, 7)])).toMatchObject({ status: 201 });
    expect((await call('GET', path)).body.others_auths).toContainEqual(auth(first, 7));
    expect(await call('DELETE', path, [first.id, second.id])).toMatchObject({ status: 204 });
    expect((await call('GET', path)).body.others_auths).toEqual([]);
    const traces = (await service.recorded()).filter(({ trace_name: of }) => String(of).endsWith(traced));
    expect(traces.map(({ trace_name: of }) => of)).toEqual(
      ['create', 'update', 'delete'].map((v) => `${v}User${traced}`),
    );
    expect(traces[0]).toMatchObject({
      service_type: 'SWR',
      resource_type: `user${traced.toLowerCase()}`,
      resource_name: path === ORGANIZATION ? 'dev' : 'dev/team/app',
    });
  });

  it.each([['team$app', 'team%24app', 'team%2Fapp']])(
    'name one repository by any spelling of its "/"',
    async (...spellings) => {
      const user = await anyone();
      const paths = spellings.map((spelling) => `/v2/manage/namespaces/spelt/repos/${spelling}/access`);
      expect(await call('POST', paths[0] ?? '', [auth(user, 1)])).toMatchObject({ status: 201 });
      for (const path of paths) expect((await call('GET', path)).body.others_auths).toEqual([auth(user, 1)]);
    },
  );

  it('are given to others only, who are users of the domain, by their own names', async () => {
    const user = await anyone();
    const stranger = (await service.createTenant()).administrator;
    for (const path of [ORGANIZATION, REPOSITORY]) {
      const own = { status: 403, body: { error_code: 'SVCSTG.SWR.4039002' } };
      expect(await call('POST', path, [auth(tenant.administrator, 1)])).toMatchObject(own);
      expect(await call('DELETE', path, [tenant.administrator.id])).toMatchObject(own);
      const absent = { id: 'f'.repeat(32), name: stranger.name };
      const answers = [];
      for (const whom of [stranger, absent, { id: user.id, name: 'another' }])
        answers.push(await call('POST', path, [auth(user, 1), auth(whom, 1)].slice(whom.id === user.id ? 1 : 0)));
      const [foreign, missing, misnamed] = answers.map(({ status, body }) => ({
        status,
        body: { ...(body as object), request_id: '' },
      }));
      expect(foreign).toMatchObject({ status: 400, body: { error_code: 'SVCSTG.SWR.4001067' } });
      expect(missing).toEqual(foreign);
      expect(misnamed).toMatchObject({ status: 400, body: { error_code: 'SVCSTG.SWR.4001067' } });
      expect((await call('GET', path)).body.others_auths).toEqual([]);
    }
  });

  it.each([
    [ORGANIZATION, '4090076', '4040078'],
    [REPOSITORY, '4090089', '4040091'],
  ])('are created once, and changed or taken away where they are: %s', async (path, exists, missing) => {
    const [user, other] = [await anyone(), await anyone()];
    const absent = { status: 404, body: { error_code: `SVCSTG.SWR.${missing}` } };
    expect(await call('PATCH', path, [auth(user, 1)])).toMatchObject(absent);
    expect(await call('DELETE', path, [user.id])).toMatchObject(absent);
    await call('POST', path, [auth(user, 1)]);
    expect(await call('POST', path, [auth(other, 1), auth(user, 3)])).toMatchObject({
      status: 409,
      body: { error_code: `SVCSTG.SWR.${exists}`, problems: [{ path: 'body[1]', message: 'has one already' }] },
    });
    expect((await call('GET', path)).body.others_auths).toEqual([auth(user, 1)]);
    await call('DELETE', path, [user.id]);
  });

  it.each<[string, string, unknown, string]>([
    ['POST', ORGANIZATION, [{ user_id: 'a', user_name: 'a', auth: 2 }], '4001065'],
    ['POST', REPOSITORY, [{ user_id: 'a', user_name: 'a', auth: '7' }], '4001066'],
    ['POST', REPOSITORY, [{ user_id: 'a\0', user_name: 'a', auth: 7 }], '4000014'],
    ['POST', ORGANIZATION, [], '4000014'],
    ['POST', ORGANIZATION, { user_id: 'a' }, '4000014'],
    ['DELETE', ORGANIZATION, [7], '4000014'],
    ['DELETE', ORGANIZATION, ['a', 'a'], '4000014'],
    ['GET', '/v2/manage/namespaces/Dev/access', undefined, '4001028'],
    ['GET', '/v2/manage/namespaces/Dev/repos/a/access', undefined, '4001028'],
    ['GET', '/v2/manage/namespaces/dev/repos/a$$b/access', undefined, '4001029'],
    ['GET', '/v2/manage/namespaces/dev/repos/a%00/access', undefined, '4001029'],
  ])('are refused: %s %s %j', async (method, path, body, code) => {
    const answer = await call(method, path, body as object | undefined);
    expect(answer).toMatchObject({ status: 400, body: { error_code: `SVCSTG.SWR.${code}`, errors: [{}] } });
  });

  it('let an organization’s managers grant on it, its editors on repositories, and readers nobody', async () => {
    const [manager, editor, reader, guest] = [await anyone(), await anyone(), await anyone(), await anyone()];
    const organization = '/v2/manage/namespaces/levels/access';
    const repository = '/v2/manage/namespaces/levels/repos/app/access';
    expect(await call('POST', organization, [auth(guest, 1)], manager.token)).toMatchObject({ status: 403 });
    await call('POST', organization, [auth(manager, 7), auth(editor, 3), auth(reader, 1)]);
    await settles(201, 'POST', organization, manager.token, [auth(guest, 1)]);
    await settles(201, 'POST', repository, editor.token, [auth(guest, 7)]);
    expect((await call('GET', repository, undefined, editor.token)).body).toMatchObject({
      self_auth: auth(editor, 0),
      others_auths: [auth(guest, 7)],
    });
    expect(await call('PATCH', organization, [auth(guest, 3)], editor.token)).toMatchObject({ status: 403 });
    for (const path of [organization, repository])
      expect(await call('PATCH', path, [auth(guest, 3)], reader.token)).toMatchObject({ status: 403 });
    // A manager of the repository, though a mere reader of the organization.
    await settles(201, 'POST', repository, guest.token, [auth(reader, 1)]);
    expect(await call('DELETE', organization, [reader.id], guest.token)).toMatchObject({ status: 403 });
    // Of another organization nothing follows.
    expect(await call('GET', ORGANIZATION, undefined, manager.token)).toMatchObject({ status: 403 });
  });

  it('decide from then on: an editor pulls and pushes, unless a policy denies it, until it is taken away', async () => {
    const user = await anyone();
    const path = '/v2/manage/namespaces/forced/access';
    const may = async (operation: string, repository = 'forced/team/app') => {
      const answer = await call('POST', '/access/v1/evaluation', {
        subject: { type: 'user', id: user.id },
        action: { name: `swr:repo:${operation}` },
        resource: { type: 'repo', id: `swr:cn-north-4:${tenant.domain.id}:repo:${repository}` },
      });
      return { status: answer.status, allowed: answer.body.decision };
    };
    const decides = (operation: string, allowed: boolean) =>
      until(
        () => may(operation),
        (answer) => answer.allowed === allowed,
      );
    const [yes, no] = [true, false].map((allowed) => ({ status: 200, allowed }));
    for (const operation of ['download', 'upload']) expect(await may(operation)).toEqual(no);

    await call('POST', path, [auth(user, 3)]);
    await decides('upload', true);
    expect(await may('download')).toEqual(yes);
    // Editors do not delete, and nothing follows for another organization.
    expect(await may('deleteRepo')).toEqual(no);
    expect(await may('download', 'other/team/app')).toEqual(no);

    const denial = { Version: '5.0', Statement: [{ Effect: 'Deny', Action: ['swr:repo:upload'] }] };
    const { body } = await call('POST', '/v5/policies', {
      policy_name: 'no-pushes',
      policy_document: JSON.stringify(denial),
    });
    const { policy_id: policy } = body.policy as { policy_id: string };
    const attached = { user_id: user.id };
    expect((await call('POST', `/v5/policies/${policy}/attach-user`, attached)).status).toBeLessThan(300);
    await decides('upload', false);
    expect(await may('download')).toEqual(yes);
    expect((await call('POST', `/v5/policies/${policy}/detach-user`, attached)).status).toBeLessThan(300);
    await decides('upload', true);

    expect(await call('DELETE', path, [user.id])).toMatchObject({ status: 204 });
    await decides('download', false);
    expect(await may('upload')).toEqual(no);
  });

  it('stay within the project of the caller’s scope, which must be told where there is a choice', async () => {
    const other = await service.createTenant();
    await service.call('POST', '/v3/projects', other.token, { project: { name: 'cn-south-1' } });
    const user = await service.createUser(other.token);
    expect(await service.call('GET', ORGANIZATION, other.token)).toMatchObject({
      status: 400,
      body: { error_code: 'SVCSTG.SWR.4000014' },
    });
    const { password, domain } = other;
    const [north, south] = await Promise.all(
      ['cn-north-4', 'cn-south-1'].map((name) =>
        service.login({ name: 'root', password, domain: { name: domain.name } }, { project: { name } }),
      ),
    );
    expect(await service.call('POST', ORGANIZATION, north ?? '', [auth(user, 1)])).toMatchObject({ status: 201 });
    expect((await service.call('GET', ORGANIZATION, north ?? '')).body.others_auths).toEqual([auth(user, 1)]);
    expect((await service.call('GET', ORGANIZATION, south ?? '')).body.others_auths).toEqual([]);
    expect((await call('GET', ORGANIZATION)).body.others_auths).toEqual([]);
  });
});
