import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js';
import { GlobalCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/GlobalCredentials.js';
import * as v3 from '@huaweicloud/huaweicloud-sdk-iam/v3/public-api.js';
import { IamClient } from '@huaweicloud/huaweicloud-sdk-iam/v5/IamClient.js';
import { AttachGroupPolicyReqBody } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/AttachGroupPolicyReqBody.js';
import { AttachGroupPolicyV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/AttachGroupPolicyV5Request.js';
import { AttachUserPolicyReqBody } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/AttachUserPolicyReqBody.js';
import { AttachUserPolicyV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/AttachUserPolicyV5Request.js';
import { CreatePolicyReqBody } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/CreatePolicyReqBody.js';
import { CreatePolicyV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/CreatePolicyV5Request.js';
import { CreatePolicyVersionReqBody } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/CreatePolicyVersionReqBody.js';
import { CreatePolicyVersionV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/CreatePolicyVersionV5Request.js';
import { DeletePolicyV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/DeletePolicyV5Request.js';
import { DeletePolicyVersionV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/DeletePolicyVersionV5Request.js';
import { DetachGroupPolicyReqBody } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/DetachGroupPolicyReqBody.js';
import { DetachGroupPolicyV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/DetachGroupPolicyV5Request.js';
import { DetachUserPolicyReqBody } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/DetachUserPolicyReqBody.js';
import { DetachUserPolicyV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/DetachUserPolicyV5Request.js';
import { GetPolicyV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/GetPolicyV5Request.js';
import { GetPolicyVersionV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/GetPolicyVersionV5Request.js';
import { ListAttachedGroupPoliciesV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/ListAttachedGroupPoliciesV5Request.js';
import { ListAttachedUserPoliciesV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/ListAttachedUserPoliciesV5Request.js';
import { ListEntitiesForPolicyV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/ListEntitiesForPolicyV5Request.js';
import { ListPoliciesV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/ListPoliciesV5Request.js';
import { ListPolicyVersionsV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/ListPolicyVersionsV5Request.js';
import { SetDefaultPolicyVersionV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/SetDefaultPolicyVersionV5Request.js';
import { GetAuthorizationSchemaV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/GetAuthorizationSchemaV5Request.js';
import { ListRegisteredServicesForAuthSchemaV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/ListRegisteredServicesForAuthSchemaV5Request.js';
import { GetAccountSummaryV5Request } from '@huaweicloud/huaweicloud-sdk-iam/v5/model/GetAccountSummaryV5Request.js';
import { IdentityApp } from '../integration/identity/harness.js';
import { tameSdk } from '../support/huaweicloud-sdk.js';

const document = (action: string) =>
  JSON.stringify({ Version: '5.0', Statement: [{ Effect: 'Allow', Action: [action] }] });

/** The unmodified SDK for Node over plain HTTP. */
describe('the official SDK of IAM, with policies', () => {
  let service: IdentityApp;
  let tenant: Awaited<ReturnType<IdentityApp['createTenant']>>;
  let older: v3.IamClient;
  /** Whose requests name the project of its credentials. */
  let inProject: v3.IamClient;
  let client: IamClient;
  let user: { id: string };
  let groupId: string;
  beforeAll(async () => {
    tameSdk();
    service = await IdentityApp.start();
    await service.app.listen(0, '127.0.0.1');
    const url = await service.app.getUrl();
    tenant = await service.createTenant();
    const body = { credential: { user_id: tenant.administrator.id } };
    const answer = await service.call('POST', '/v3.0/OS-CREDENTIAL/credentials', tenant.token, body);
    const { access, secret } = answer.body.credential as { access: string; secret: string };
    const credential = new GlobalCredentials().withAk(access).withSk(secret).withDomainId(tenant.domain.id);
    credential.withIamEndpoint(url);
    older = v3.IamClient.newBuilder().withCredential(credential).withEndpoint(url).build();
    const basic = new BasicCredentials().withAk(access).withSk(secret).withProjectId(tenant.project.id);
    basic.withIamEndpoint(url);
    inProject = v3.IamClient.newBuilder().withCredential(basic).withEndpoint(url).build();
    client = IamClient.newBuilder().withCredential(credential).withEndpoint(url).build();
    user = await service.createUser(tenant.token);
    const { group } = await older.keystoneCreateGroup(
      new v3.KeystoneCreateGroupRequest().withBody(
        new v3.KeystoneCreateGroupRequestBody(new v3.KeystoneCreateGroupOption('crew')),
      ),
    );
    groupId = group?.id ?? '';
  });
  afterAll(async () => {
    await service.stop();
    jest.restoreAllMocks();
  });

  const create = (name: string) =>
    client.createPolicyV5(
      new CreatePolicyV5Request().withBody(new CreatePolicyReqBody(name, document('cts:trace:list')).withPath('sdk/')),
    );

  it('creates, shows, lists and deletes identity policies', async () => {
    const created = await create('sdk-policy');
    expect(created).toMatchObject({ httpStatusCode: 201, policy: { policy_name: 'sdk-policy', path: 'sdk/' } });
    const id = policyId(created);
    const shown = await client.getPolicyV5(new GetPolicyV5Request(id));
    expect(shown.policy).toMatchObject({ policy_id: id, policy_type: 'custom' });
    const first = await client.listPoliciesV5(new ListPoliciesV5Request().withLimit(1));
    expect(first).toMatchObject({ page_info: { current_count: 1, next_marker: expect.any(String) } });
    const custom = await client.listPoliciesV5(new ListPoliciesV5Request().withPolicyType('custom'));
    expect(custom.policies).toMatchObject([{ policy_id: id }]);
    const gone = await client.deletePolicyV5(new DeletePolicyV5Request(id));
    expect(gone.httpStatusCode).toBe(204);
    await expect(client.getPolicyV5(new GetPolicyV5Request(id))).rejects.toMatchObject({
      httpStatusCode: 404,
      errorCode: 'IAM.0004',
      errorMsg: `Could not find policy: ${id}.`,
      requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('adds versions, puts one in force and deletes another', async () => {
    const id = policyId(await create('sdk-versions'));
    const added = await client.createPolicyVersionV5(
      new CreatePolicyVersionV5Request(id).withBody(new CreatePolicyVersionReqBody(document('cts:*:*'))),
    );
    expect(added).toMatchObject({ httpStatusCode: 201, policy_version: { version_id: 'v2', is_default: false } });
    const put = await client.setDefaultPolicyVersionV5(new SetDefaultPolicyVersionV5Request(id, 'v2'));
    expect(put.httpStatusCode).toBe(200);
    await expect(client.deletePolicyVersionV5(new DeletePolicyVersionV5Request(id, 'v2'))).rejects.toMatchObject({
      httpStatusCode: 409,
      errorCode: 'IAM.0005',
    });
    const gone = await client.deletePolicyVersionV5(new DeletePolicyVersionV5Request(id, 'v1'));
    expect(gone.httpStatusCode).toBe(204);
    const { versions } = await client.listPolicyVersionsV5(new ListPolicyVersionsV5Request(id));
    expect(versions).toMatchObject([{ version_id: 'v2', is_default: true }]);
    const shown = await client.getPolicyVersionV5(new GetPolicyVersionV5Request(id, 'v2'));
    expect(shown).toMatchObject({ policy_version: { document: document('cts:*:*') } });
  });

  it('attaches to users and groups and detaches again', async () => {
    const id = policyId(await create('sdk-attached'));
    const attached = [
      await client.attachUserPolicyV5(new AttachUserPolicyV5Request(id).withBody(new AttachUserPolicyReqBody(user.id))),
      await client.attachGroupPolicyV5(
        new AttachGroupPolicyV5Request(id).withBody(new AttachGroupPolicyReqBody(groupId)),
      ),
    ];
    expect(attached).toMatchObject([{ httpStatusCode: 200 }, { httpStatusCode: 200 }]);
    expect(await client.listEntitiesForPolicyV5(new ListEntitiesForPolicyV5Request(id))).toMatchObject({
      policy_users: [{ user_id: user.id }],
      policy_groups: [{ group_id: groupId }],
    });
    const lists = [
      await client.listAttachedUserPoliciesV5(new ListAttachedUserPoliciesV5Request(user.id)),
      await client.listAttachedGroupPoliciesV5(new ListAttachedGroupPoliciesV5Request(groupId)),
    ];
    const listed = { attached_policies: [{ policy_id: id, policy_name: 'sdk-attached' }] };
    expect(lists).toMatchObject([listed, listed]);
    const detached = [
      await client.detachUserPolicyV5(new DetachUserPolicyV5Request(id).withBody(new DetachUserPolicyReqBody(user.id))),
      await client.detachGroupPolicyV5(
        new DetachGroupPolicyV5Request(id).withBody(new DetachGroupPolicyReqBody(groupId)),
      ),
    ];
    expect(detached).toMatchObject([{ httpStatusCode: 200 }, { httpStatusCode: 200 }]);
  });

  it('reads how much there is, and how much there can be', async () => {
    const summary = await client.getAccountSummaryV5(new GetAccountSummaryV5Request());
    expect(summary).toMatchObject({
      users: 2,
      groups: 1,
      policies: expect.any(Number),
      policies_quota: 1_500,
      versions_per_policy_quota: 5,
      attached_policies_per_user_quota: 10,
      root_user_mfa_enabled: false,
    });
  });

  it('reads the catalogue of actions', async () => {
    const services = await client.listRegisteredServicesForAuthSchemaV5(
      new ListRegisteredServicesForAuthSchemaV5Request(),
    );
    expect(services).toMatchObject({ service_codes: expect.arrayContaining(['cts', 'iam', 'swr']) });
    const schema = await client.getAuthorizationSchemaV5(new GetAuthorizationSchemaV5Request('cts'));
    expect(schema.actions).toContainEqual(expect.objectContaining({ name: 'cts:trace:list', access_level: 'List' }));
  });

  it('creates, lists, changes, grants and deletes custom policies of version 1.1', async () => {
    const statement = new v3.ServiceStatement(['cts:trace:list'], 'Allow');
    const option = (name: string) =>
      new v3.ServicePolicyRoleOption(name, 'XA', 'by the SDK', new v3.ServicePolicy('1.1', [statement]));
    const created = await older.createCloudServiceCustomPolicy(
      new v3.CreateCloudServiceCustomPolicyRequest().withBody(
        new v3.CreateCloudServiceCustomPolicyRequestBody(option('sdk-role')),
      ),
    );
    expect(created).toMatchObject({ httpStatusCode: 201, role: { display_name: 'sdk-role', type: 'XA' } });
    const id = (created as { role?: { id?: string } }).role?.id ?? '';
    const { roles } = await older.listCustomPolicies(new v3.ListCustomPoliciesRequest().withPage(1).withPerPage(10));
    expect(roles).toMatchObject([{ id }]);
    const changed = await older.updateCloudServiceCustomPolicy(
      new v3.UpdateCloudServiceCustomPolicyRequest(id).withBody(
        new v3.UpdateCloudServiceCustomPolicyRequestBody(option('sdk-role-2')),
      ),
    );
    expect(changed).toMatchObject({ httpStatusCode: 200, role: { display_name: 'sdk-role-2' } });
    const granted = await inProject.keystoneAssociateGroupWithProjectPermission(
      new v3.KeystoneAssociateGroupWithProjectPermissionRequest(groupId, id),
    );
    const checked = await inProject.keystoneCheckProjectPermissionForGroup(
      new v3.KeystoneCheckProjectPermissionForGroupRequest(groupId, id),
    );
    expect([granted, checked]).toMatchObject([{ httpStatusCode: 204 }, { httpStatusCode: 204 }]);
    const held = await inProject.keystoneListProjectPermissionsForGroup(
      new v3.KeystoneListProjectPermissionsForGroupRequest(groupId),
    );
    expect(held.roles).toMatchObject([{ id, display_name: 'sdk-role-2' }]);
    await inProject.keystoneRemoveProjectPermissionFromGroup(
      new v3.KeystoneRemoveProjectPermissionFromGroupRequest(groupId, id),
    );
    const gone = await older.deleteCustomPolicy(new v3.DeleteCustomPolicyRequest(id));
    expect(gone.httpStatusCode).toBe(200);
    const system = await older.keystoneListPermissions(new v3.KeystoneListPermissionsRequest().withCatalog('BASE'));
    expect(system.roles).toContainEqual(expect.objectContaining({ display_name: 'Tenant Guest' }));
  });
});

/** Answers come as plain objects, whatever the SDK's types say of getters. */
function policyId(answer: object): string {
  return (answer as { policy: { policy_id: string } }).policy.policy_id;
}
