import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js';
import { GlobalCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/GlobalCredentials.js';
import * as iam from '@huaweicloud/huaweicloud-sdk-iam/v3/public-api.js';
import { ListQuotasRequest, SwrClient } from '@huaweicloud/huaweicloud-sdk-swr/v2/public-api.js';
import { IdentityApp } from '../integration/identity/harness.js';
import { tameSdk } from '../support/huaweicloud-sdk.js';

/** The unmodified SDKs for Node over plain HTTP. */
describe('quotas by the official SDKs of SWR and IAM', () => {
  let service: IdentityApp;
  let url: string;
  let tenant: Awaited<ReturnType<IdentityApp['createTenant']>>;
  let key: { access: string; secret: string };
  beforeAll(async () => {
    tameSdk();
    service = await IdentityApp.start();
    await service.app.listen(0, '127.0.0.1');
    url = await service.app.getUrl();
    tenant = await service.createTenant();
    const body = { credential: { user_id: tenant.administrator.id } };
    const answer = await service.call('POST', '/v3.0/OS-CREDENTIAL/credentials', tenant.token, body);
    key = answer.body.credential as typeof key;
  });
  afterAll(async () => {
    await service.stop();
    jest.restoreAllMocks();
  });

  const swr = (projectId: string): SwrClient => {
    const credential = new BasicCredentials().withAk(key.access).withSk(key.secret).withProjectId(projectId);
    return SwrClient.newBuilder().withCredential(credential).withEndpoint(url).build();
  };
  const iamClient = (): iam.IamClient => {
    const credential = new GlobalCredentials().withAk(key.access).withSk(key.secret).withDomainId(tenant.domain.id);
    return iam.IamClient.newBuilder().withCredential(credential).withEndpoint(url).build();
  };
  const reserve = async (name: string): Promise<void> => {
    const scope = { kind: 'user', project_id: tenant.project.id, id: tenant.administrator.id };
    const items = [{ quota_key: 'namespace', scope, resource_name: name }];
    const reserved = await service.call('POST', '/v1/quotas/reservations', tenant.token, { items });
    const committed = await service.call(
      'POST',
      `/v1/quotas/reservations/${String(reserved.body.id)}/commit`,
      tenant.token,
    );
    expect([reserved.status, committed.status]).toEqual([201, 200]);
  };

  it('ListQuotas tells the caller’s own organizations', async () => {
    const quotas = async () => (await swr(tenant.project.id).listQuotas(new ListQuotasRequest())).quotas;
    expect(await quotas()).toEqual([{ quota_key: 'namespace', quota_limit: 5, used: 0, unit: '' }]);
    for (const name of ['one', 'two']) await reserve(`compat-${name}`);
    expect(await quotas()).toEqual([{ quota_key: 'namespace', quota_limit: 5, used: 2, unit: '' }]);
  });

  it('ListQuotas of a project that is not one’s own is refused as the SDK expects it', async () => {
    const other = await service.createTenant();
    await expect(swr(other.project.id).listQuotas(new ListQuotasRequest())).rejects.toMatchObject({
      httpStatusCode: 401,
      requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('ShowDomainQuota tells what the account may have of IAM, and has', async () => {
    const request = new iam.ShowDomainQuotaRequest(tenant.domain.id);
    const { quotas } = await iamClient().showDomainQuota(request);
    expect(quotas?.resources).toHaveLength(Object.keys(iam.ShowDomainQuotaRequestTypeEnum).length);
    request.withType(iam.ShowDomainQuotaRequestTypeEnum.USER);
    const { quotas: users } = await iamClient().showDomainQuota(request);
    expect(users?.resources).toEqual([{ type: 'user', used: 1, quota: 50, min: 50, max: 1000 }]);
  });

  it('ShowProjectQuota tells how many projects may be below the project', async () => {
    const credential = new BasicCredentials().withAk(key.access).withSk(key.secret).withProjectId(tenant.project.id);
    const client = iam.IamClient.newBuilder().withCredential(credential).withEndpoint(url).build();
    const { quotas } = await client.showProjectQuota(new iam.ShowProjectQuotaRequest());
    expect(quotas?.resources).toEqual([{ type: 'project', used: 0, quota: 10, min: 0, max: 50 }]);
  });
});
