import { ClientBuilder } from '@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js';
import { GlobalCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/GlobalCredentials.js';
import type { HcClient } from '@huaweicloud/huaweicloud-sdk-core/HcClient.js';
import { IdentityApp } from '../integration/identity/harness.js';
import { tameSdk } from '../support/huaweicloud-sdk.js';

interface Operation {
  readonly method: string;
  readonly url: string;
  readonly pathParams?: Readonly<Record<string, string>>;
  readonly queryParams?: Readonly<Record<string, string | number>>;
  readonly data?: object;
}

/**
 * There is no package of the ticket service for Node. Its operations are sent here as the generated clients of the others do, by the
 * unmodified core of the SDK: signed with an access key, for the account (as osm_client.go has it), and answered by its exceptions.
 */
class OsmClient {
  constructor(private readonly client: HcClient) {}

  async send<T>(operation: Operation): Promise<T & { httpStatusCode: number }> {
    const rest = { contentType: 'application/json', queryParams: {}, pathParams: {}, responseHeaders: [''] };
    const headers = { 'X-Language': 'en-us', ...(operation.data && { 'Content-Type': 'application/json' }) };
    return this.client.sendRequest<T & { httpStatusCode: number }>({ ...rest, headers, ...operation });
  }
}

describe('the core of the official SDK, with tickets', () => {
  let service: IdentityApp;
  let client: OsmClient;
  let tenant: Awaited<ReturnType<IdentityApp['createTenant']>>;
  beforeAll(async () => {
    tameSdk();
    service = await IdentityApp.start();
    await service.app.listen(0, '127.0.0.1');
    tenant = await service.createTenant();
    const body = { credential: { user_id: tenant.administrator.id } };
    const answer = await service.call('POST', '/v3.0/OS-CREDENTIAL/credentials', tenant.token, body);
    const { access, secret } = answer.body.credential as { access: string; secret: string };
    const credential = new GlobalCredentials().withAk(access).withSk(secret).withDomainId(tenant.domain.id);
    client = new ClientBuilder((hcClient: HcClient) => new OsmClient(hcClient), 'GlobalCredentials')
      .withCredential(credential)
      .withEndpoint(await service.app.getUrl())
      .build();
  });
  afterAll(async () => {
    await service.stop();
    jest.restoreAllMocks();
  });

  const CASES = '/v2/servicerequest/cases';
  const ofCase = (id: string, part: string) => ({ url: `${CASES}/{case_id}/${part}`, pathParams: { case_id: id } });
  const filed = (businessType: string, desired: number) => ({
    business_type_id: businessType,
    source_id: '83aeb0f2834c4df49826c781d32a963e',
    simple_description: 'a release a day until the audit',
    extends_map: {
      quota_key: 'namespace',
      scope_kind: 'user',
      scope_id: tenant.administrator.id,
      project_id: tenant.project.id,
      desired,
    },
  });

  it('finds what to fill in, files a ticket, finds it, talks about it and takes it back', async () => {
    const problems = await client.send<{
      incident_business_type_list: { business_type_id: string; business_type_name: string }[];
    }>({ method: 'GET', url: '/v2/servicerequest/config/problems' });
    const [problem] = problems.incident_business_type_list;
    expect(problem?.business_type_name).toBe('Quota increase');
    const data = filed(problem?.business_type_id ?? '', 8);
    const created = await client.send<{ incident_id: string }>({ method: 'POST', url: CASES, data });
    expect(created).toMatchObject({ httpStatusCode: 200, incident_id: expect.stringMatching(/^[0-9a-f]{32}$/) });
    const { incident_id: id } = created;
    const queryParams = { search_key: 'audit', status: 0, offset: 0, limit: 10 };
    expect(await client.send<object>({ method: 'GET', url: CASES, queryParams })).toMatchObject({
      total_count: 1,
      incident_info_list: [{ incident_id: id, status: 0, business_type_name: 'Quota increase' }],
    });
    const message = { message: { content: 'and soon, please', accessory_ids: [] } };
    expect(await client.send({ method: 'POST', ...ofCase(id, 'message'), data: message })).toMatchObject({
      httpStatusCode: 200,
    });
    expect(await client.send<object>({ method: 'GET', ...ofCase(id, 'messages') })).toMatchObject({
      count: 2,
      message_list: [{ content: data.simple_description }, { content: 'and soon, please' }],
    });
    const cancel = { method: 'POST', ...ofCase(id, 'action'), queryParams: { action_id: 'cancel' }, data: {} };
    expect(await client.send(cancel)).toMatchObject({ httpStatusCode: 200 });
    expect(await client.send({ method: 'GET', ...ofCase(id, 'status') })).toMatchObject({ status: 4 });
    expect(await client.send({ method: 'GET', ...ofCase(id, 'operate-logs') })).toMatchObject({
      incident_operate_log_list: [{ operate_type: 0 }, { operate_type: 4 }],
    });
  });

  it('is told by its own exceptions what went wrong', async () => {
    const failing = (httpStatusCode: number, errorCode: string, errorMsg: string) => ({
      httpStatusCode,
      errorCode,
      errorMsg: expect.stringContaining(errorMsg),
      requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    const other = client.send({ method: 'POST', url: CASES, data: filed('e'.repeat(32), 8) });
    await expect(other).rejects.toMatchObject(failing(400, 'OSM.01010001', 'no other tickets are filed here'));
    const absent = client.send({ method: 'GET', ...ofCase('nothing', 'status') });
    await expect(absent).rejects.toMatchObject(failing(404, 'OSM.01010015', 'This case does not exist.'));
  });
});
