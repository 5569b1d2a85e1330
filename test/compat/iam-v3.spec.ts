import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js';
import { GlobalCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/GlobalCredentials.js';
import { Region } from '@huaweicloud/huaweicloud-sdk-core/region/region.js';
import * as iam from '@huaweicloud/huaweicloud-sdk-iam/v3/public-api.js';
import { IdentityApp } from '../integration/identity/harness.js';
import { tameSdk } from '../support/huaweicloud-sdk.js';

/** The unmodified SDK for Node over plain HTTP. */
describe('the official SDK of IAM, signing with an access key', () => {
  let service: IdentityApp;
  let url: string;
  let tenant: Awaited<ReturnType<IdentityApp['createTenant']>>;
  let key: { access: string; secret: string };
  let client: iam.IamClient;
  beforeAll(async () => {
    tameSdk();
    service = await IdentityApp.start();
    await service.app.listen(0, '127.0.0.1');
    url = await service.app.getUrl();
    tenant = await service.createTenant();
    key = await createKey(tenant.administrator.id);
    client = clientOf(global(key).withDomainId(tenant.domain.id));
  });
  afterAll(async () => {
    await service.stop();
    jest.restoreAllMocks();
  });

  async function createKey(userId: string): Promise<{ access: string; secret: string }> {
    const body = { credential: { user_id: userId } };
    const answer = await service.call('POST', '/v3.0/OS-CREDENTIAL/credentials', tenant.token, body);
    return answer.body.credential as { access: string; secret: string };
  }
  const global = ({ access, secret }: { access: string; secret: string }) =>
    new GlobalCredentials().withAk(access).withSk(secret);
  const clientOf = (credential: GlobalCredentials | BasicCredentials, region?: string): iam.IamClient => {
    credential.withIamEndpoint(url);
    const builder = iam.IamClient.newBuilder().withCredential(credential);
    return (region === undefined ? builder.withEndpoint(url) : builder.withRegion(new Region(region, url))).build();
  };
  /** Of the two forms in a body the SDK reads keystone's, whose code is the status. */
  const failing = (httpStatusCode: number) => ({
    httpStatusCode,
    errorCode: httpStatusCode,
    requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });

  it('finds its project by the name of the region, and makes the one that is missing', async () => {
    // The request names no project: the SDK fills in the one it looked up.
    const projectOf = async (region: string) => {
      const credential = new BasicCredentials().withAk(key.access).withSk(key.secret);
      const request = new iam.KeystoneShowProjectRequest();
      return (await clientOf(credential, region).keystoneShowProject(request)).project;
    };
    expect(await projectOf('cn-north-4')).toMatchObject({ id: tenant.project.id, name: 'cn-north-4' });
    const made = await projectOf('cn-south-1');
    expect(made).toMatchObject({ name: 'cn-south-1', domain_id: tenant.domain.id });
    const request = new iam.KeystoneListProjectsRequest().withName('cn-south-1');
    const { projects } = await client.keystoneListProjects(request);
    expect(projects).toMatchObject([{ id: made?.id }]);
  });

  it('finds its domain without being told', async () => {
    const credential = global(key);
    const { regions } = await clientOf(credential, 'cn-north-4').keystoneListRegions(
      new iam.KeystoneListRegionsRequest(),
    );
    expect(regions?.map(({ id }) => id)).toContain('cn-north-4');
    expect(credential).toMatchObject({ domainId: tenant.domain.id });
  });

  it('creates, lists, shows, changes and deletes users and groups', async () => {
    const user = new iam.KeystoneCreateUserOption('sdk-user').withPassword('Fine-Word-1').withDescription('by the SDK');
    const created = await client.keystoneCreateUser(
      new iam.KeystoneCreateUserRequest().withBody(new iam.KeystoneCreateUserRequestBody(user)),
    );
    expect(created).toMatchObject({ httpStatusCode: 201, user: { name: 'sdk-user', description: 'by the SDK' } });
    const userId = created.user?.id ?? '';
    const { users } = await client.keystoneListUsers(new iam.KeystoneListUsersRequest().withName('sdk-user'));
    expect(users?.map(({ id }) => id)).toEqual([userId]);
    const renamed = new iam.KeystoneUpdateUserOption().withName('sdk-user-2').withEnabled(true);
    const changed = await client.keystoneUpdateUserByAdmin(
      new iam.KeystoneUpdateUserByAdminRequest(userId).withBody(new iam.KeystoneUpdateUserByAdminRequestBody(renamed)),
    );
    expect(changed.user).toMatchObject({ name: 'sdk-user-2' });
    const shown = await client.showUser(new iam.ShowUserRequest(userId));
    expect(shown.user).toMatchObject({ id: userId, name: 'sdk-user-2', is_domain_owner: false });

    const { group } = await client.keystoneCreateGroup(
      new iam.KeystoneCreateGroupRequest().withBody(
        new iam.KeystoneCreateGroupRequestBody(new iam.KeystoneCreateGroupOption('sdk-group')),
      ),
    );
    const groupId = group?.id ?? '';
    const added = await client.keystoneAddUserToGroup(new iam.KeystoneAddUserToGroupRequest(groupId, userId));
    expect(added.httpStatusCode).toBe(204);
    const checked = await client.keystoneCheckUserInGroup(new iam.KeystoneCheckUserInGroupRequest(groupId, userId));
    expect(checked.httpStatusCode).toBe(204);
    const members = await client.keystoneListUsersForGroupByAdmin(
      new iam.KeystoneListUsersForGroupByAdminRequest(groupId),
    );
    expect(members.users?.map(({ name }) => name)).toEqual(['sdk-user-2']);
    const groups = await client.keystoneListGroupsForUser(new iam.KeystoneListGroupsForUserRequest(userId));
    expect(groups.groups?.map(({ id }) => id)).toEqual([groupId]);
    const described = await client.keystoneUpdateGroup(
      new iam.KeystoneUpdateGroupRequest(groupId).withBody(
        new iam.KeystoneUpdateGroupRequestBody(new iam.KeystoneUpdateGroupOption().withDescription('crew')),
      ),
    );
    expect(described.group).toMatchObject({ description: 'crew' });
    await client.keystoneRemoveUserFromGroup(new iam.KeystoneRemoveUserFromGroupRequest(groupId, userId));
    const deleted = [
      await client.keystoneDeleteGroup(new iam.KeystoneDeleteGroupRequest(groupId)),
      await client.keystoneDeleteUser(new iam.KeystoneDeleteUserRequest(userId)),
    ];
    expect(deleted).toMatchObject([{ httpStatusCode: 204 }, { httpStatusCode: 204 }]);
    const rest = await client.keystoneListUsers(new iam.KeystoneListUsersRequest());
    expect(rest.users?.map(({ name }) => name)).toEqual(['root']);
  });

  it('makes, disables and deletes access keys', async () => {
    const user = await service.createUser(tenant.token);
    const { credential } = await client.createPermanentAccessKey(
      new iam.CreatePermanentAccessKeyRequest().withBody(
        new iam.CreatePermanentAccessKeyRequestBody(new iam.CreateCredentialOption(user.id)),
      ),
    );
    const access = credential?.access ?? '';
    const own = clientOf(global({ access, secret: credential?.secret ?? '' }).withDomainId(tenant.domain.id));
    const list = () => own.listPermanentAccessKeys(new iam.ListPermanentAccessKeysRequest());
    expect((await list()).credentials).toMatchObject([{ access, status: 'active', user_id: user.id }]);
    const off = new iam.UpdatePermanentAccessKeyRequest(access).withBody(
      new iam.UpdatePermanentAccessKeyRequestBody(new iam.UpdateCredentialOption().withStatus('inactive')),
    );
    expect((await client.updatePermanentAccessKey(off)).credential).toMatchObject({ status: 'inactive' });
    await expect(list()).rejects.toMatchObject({ httpStatusCode: 401 });
    const gone = await client.deletePermanentAccessKey(new iam.DeletePermanentAccessKeyRequest(access));
    expect(gone.httpStatusCode).toBe(204);
  });

  it('is told by its own exceptions what went wrong, with the request’s id', async () => {
    const plain = await service.createUser(tenant.token);
    const plainKey = await createKey(plain.id);
    const wrong = clientOf(global({ ...key, secret: 'wrong' }).withDomainId(tenant.domain.id));
    const weak = clientOf(global(plainKey).withDomainId(tenant.domain.id));
    const all = new iam.KeystoneListUsersRequest();
    await expect(wrong.keystoneListUsers(all)).rejects.toMatchObject(failing(401));
    await expect(weak.keystoneListUsers(all)).rejects.toMatchObject(failing(403));
    const absent = new iam.KeystoneShowGroupRequest('f'.repeat(32));
    await expect(client.keystoneShowGroup(absent)).rejects.toMatchObject({
      ...failing(404),
      errorMsg: `Could not find group: ${'f'.repeat(32)}.`,
    });
    const twice = new iam.KeystoneCreateUserRequest().withBody(
      new iam.KeystoneCreateUserRequestBody(new iam.KeystoneCreateUserOption('root')),
    );
    await expect(client.keystoneCreateUser(twice)).rejects.toMatchObject({
      ...failing(409),
      errorMsg: expect.stringContaining('Duplicate entry found with name root'),
    });
  });
});
