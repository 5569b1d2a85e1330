import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js';
import * as swr from '@huaweicloud/huaweicloud-sdk-swr/v2/public-api.js';
import { IdentityApp } from '../integration/identity/harness.js';
import { tameSdk } from '../support/huaweicloud-sdk.js';

/** The unmodified SDK for Node over plain HTTP. */
describe('the official SDK of SWR, with permissions', () => {
  let service: IdentityApp;
  let client: swr.SwrClient;
  let user: Awaited<ReturnType<IdentityApp['createUser']>>;
  let root: { id: string; name: string };
  beforeAll(async () => {
    tameSdk();
    service = await IdentityApp.start();
    await service.app.listen(0, '127.0.0.1');
    const tenant = await service.createTenant();
    root = tenant.administrator;
    const body = { credential: { user_id: root.id } };
    const answer = await service.call('POST', '/v3.0/OS-CREDENTIAL/credentials', tenant.token, body);
    const { access, secret } = answer.body.credential as { access: string; secret: string };
    const credential = new BasicCredentials().withAk(access).withSk(secret).withProjectId(tenant.project.id);
    client = swr.SwrClient.newBuilder()
      .withCredential(credential)
      .withEndpoint(await service.app.getUrl())
      .build();
    user = await service.createUser(tenant.token);
  });
  afterAll(async () => {
    await service.stop();
    jest.restoreAllMocks();
  });

  const userAuth = (auth: number) => new swr.UserAuth(user.id, user.name, auth);
  const seen = (auth: number) => ({ user_id: user.id, user_name: user.name, auth });
  const self = () => ({ user_id: root.id, user_name: root.name, auth: 7 });
  const JSON_TYPE = 'application/json' as const;

  it('creates, shows, changes and deletes those on an organization', async () => {
    const created = await client.createNamespaceAuth(
      new swr.CreateNamespaceAuthRequest(JSON_TYPE, 'dev').withBody([userAuth(1)]),
    );
    expect(created.httpStatusCode).toBe(201);
    const changed = await client.updateNamespaceAuth(
      new swr.UpdateNamespaceAuthRequest(JSON_TYPE, 'dev').withBody([userAuth(3)]),
    );
    expect(changed.httpStatusCode).toBe(201);
    const shown = await client.showNamespaceAuth(new swr.ShowNamespaceAuthRequest(JSON_TYPE, 'dev'));
    expect(shown).toMatchObject({ name: 'dev', self_auth: self(), others_auths: [seen(3)] });
    const gone = await client.deleteNamespaceAuth(
      new swr.DeleteNamespaceAuthRequest(JSON_TYPE, 'dev').withBody([user.id]),
    );
    expect(gone.httpStatusCode).toBe(204);
  });

  it('does so on a repository whose name has two parts', async () => {
    const [namespace, repository] = ['dev', 'team$app'];
    const created = await client.createUserRepositoryAuth(
      new swr.CreateUserRepositoryAuthRequest(JSON_TYPE, namespace, repository).withBody([userAuth(1)]),
    );
    expect(created.httpStatusCode).toBe(201);
    const changed = await client.updateUserRepositoryAuth(
      new swr.UpdateUserRepositoryAuthRequest(JSON_TYPE, namespace, repository).withBody([userAuth(7)]),
    );
    expect(changed.httpStatusCode).toBe(201);
    const shown = await client.showUserRepositoryAuth(
      new swr.ShowUserRepositoryAuthRequest(JSON_TYPE, namespace, repository),
    );
    expect(shown).toMatchObject({ name: 'team/app', self_auth: self(), others_auths: [seen(7)] });
    const gone = await client.deleteUserRepositoryAuth(
      new swr.DeleteUserRepositoryAuthRequest(JSON_TYPE, namespace, repository).withBody([user.id]),
    );
    expect(gone.httpStatusCode).toBe(204);
  });

  it('is told by its own exceptions what went wrong', async () => {
    const request = new swr.UpdateNamespaceAuthRequest(JSON_TYPE, 'dev').withBody([userAuth(3)]);
    await expect(client.updateNamespaceAuth(request)).rejects.toMatchObject({
      httpStatusCode: 404,
      errorCode: 'SVCSTG.SWR.4040078',
    });
  });
});
