import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js';
import { CreateSecretRequest, SwrClient } from '@huaweicloud/huaweicloud-sdk-swr/v2/public-api.js';
import { IdentityApp } from '../integration/identity/harness.js';
import { tameSdk } from '../support/huaweicloud-sdk.js';

/** The unmodified SDK for Node over plain HTTP. */
describe('the official SDK of SWR, signing with an access key', () => {
  let service: IdentityApp;
  let url: string;
  beforeAll(async () => {
    tameSdk();
    service = await IdentityApp.start({ REGISTRY_ADDRESS: 'swr.example' });
    await service.app.listen(0, '127.0.0.1');
    url = await service.app.getUrl();
  });
  afterAll(async () => {
    await service.stop();
    jest.restoreAllMocks();
  });

  const credentialsOf = ({ access, secret }: { access: string; secret?: string | undefined }): BasicCredentials =>
    new BasicCredentials()
      .withAk(access)
      .withSk(secret ?? '')
      .withProjectId(service.credentials.project.id);
  const clientOf = (credential: BasicCredentials): SwrClient =>
    SwrClient.newBuilder().withCredential(credential).withEndpoint(url).build();
  const secretOf = (client: SwrClient, projectName?: string) => {
    const request = new CreateSecretRequest('application/json');
    return client.createSecret(projectName === undefined ? request : request.withProjectname(projectName));
  };

  it('gets a login command', async () => {
    const { name } = service.credentials.project;
    const answer = await secretOf(clientOf(credentialsOf(service.credentials.access_key)), name);
    expect(answer.httpStatusCode).toBe(200);
    const { auth = '' } = answer.auths?.['swr.example'] ?? {};
    const [username = '', password = ''] = Buffer.from(auth, 'base64').toString().split(':');
    expect(username).toMatch(new RegExp(`^${name}@HST`));
    expect(answer).toMatchObject({ 'X-Swr-Dockerlogin': `docker login -u ${username} -p ${password} swr.example` });
    const { body } = await service
      .http()
      .post('/v1/credentials/verify')
      .set('X-Auth-Token', await service.operatorToken())
      .send({ username, password });
    expect(body).toMatchObject({ valid: true, user: { id: service.credentials.user.id } });
  });

  it('does so with a temporary access key and its security token', async () => {
    const { body } = await service
      .http()
      .post('/v3.0/OS-CREDENTIAL/securitytokens')
      .set('X-Auth-Token', await service.operatorToken())
      .send({ auth: { identity: { methods: ['token'] } } })
      .expect(201);
    const { access, secret, securitytoken } = body.credential as Record<'access' | 'secret' | 'securitytoken', string>;
    const answer = await secretOf(clientOf(credentialsOf({ access, secret }).withSecurityToken(securitytoken)));
    expect(answer.httpStatusCode).toBe(200);
    await expect(secretOf(clientOf(credentialsOf({ access, secret })))).rejects.toMatchObject({ httpStatusCode: 401 });
  });

  it('is told by its own exceptions what went wrong, with the request’s id', async () => {
    const { access } = service.credentials.access_key;
    await expect(secretOf(clientOf(credentialsOf({ access, secret: 'wrong' })))).rejects.toMatchObject({
      httpStatusCode: 401,
      errorCode: 'APIGW.0301',
      errorMsg: 'Incorrect IAM authentication information: verify aksk signature fail',
      requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    await expect(secretOf(clientOf(credentialsOf(service.credentials.access_key)), 'nowhere')).rejects.toMatchObject({
      httpStatusCode: 404,
      errorMsg: 'There is no such project.',
    });
  });
});
