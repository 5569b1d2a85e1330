/** A tenant with a user who asks, and operators who decide, over the API of the quotas' suites. */
import { randomBytes } from 'node:crypto';
import { reaches } from '../../support/reaches.js';
import { PASSWORD, QuotasApp, type Tenant } from '../quotas/harness.js';

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly token: string;
}

interface Statement {
  readonly Action: readonly string[];
  readonly Resource?: readonly string[];
}

export type Body = Record<string, unknown>;

/** What a suite has made itself. */
export function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it should be there');
  return value;
}

export class RequestsApp {
  private constructor(readonly quotas: QuotasApp) {}

  static async start(): Promise<RequestsApp> {
    return new RequestsApp(await QuotasApp.start());
  }

  stop(): Promise<void> {
    return this.quotas.stop();
  }

  /** A user of the domain whose administrator the token is of; without any right. */
  async user(token: string, domain: string, name = `user-${randomBytes(4).toString('hex')}`): Promise<Person> {
    const { body } = await this.quotas.post('/v3/users', { user: { name, password: PASSWORD } }, token).expect(201);
    return { id: String(body.user.id), name, token: await this.quotas.login(name, PASSWORD, domain) };
  }

  /** A user of the operator domain who may what the statement says. */
  async operator(statement: Statement): Promise<Person> {
    const person = await this.user(this.quotas.operatorToken, this.quotas.credentials.domain.name);
    const { body } = await this.quotas
      .post('/v5/policies', {
        policy_name: `p-${randomBytes(4).toString('hex')}`,
        policy_document: JSON.stringify({ Version: '5.0', Statement: [{ Effect: 'Allow', ...statement }] }),
      })
      .expect(201);
    await this.quotas
      .post(`/v5/policies/${String(body.policy.policy_id)}/attach-user`, { user_id: person.id })
      .expect(200);
    await this.inForce(person, statement);
    return person;
  }

  /** Policies are looked at anew every half a second. */
  private async inForce({ id }: Person, { Action: [action = ''], Resource: [resource = '*'] = [] }: Statement) {
    const asked = {
      principal: { user_id: id },
      requests: [
        { action: action.replace('*', 'get'), resource: resource === '*' ? undefined : resource.replaceAll('*', 'x') },
      ],
    };
    await reaches(
      'the policy is in force',
      async () =>
        (await this.quotas.post('/v1/policies/simulate', asked).expect(200)).body.results[0].decision as string,
      (decision) => decision === 'Allow',
    );
  }

  approver(): Promise<Person> {
    return this.operator({ Action: ['quota:request:*'] });
  }

  ask(tenant: Tenant, by: Person, desired: number, more: Body = {}) {
    return this.quotas.post(
      '/v1/quota-requests',
      {
        quota_key: 'namespace',
        scope: { kind: 'user', project_id: tenant.project.id, id: by.id },
        desired,
        reason: 'a migration',
        ...more,
      },
      by.token,
    );
  }

  act(id: unknown, action: string, by: Person, body: Body = {}) {
    return this.quotas.post(`/v1/quota-requests/${String(id)}/${action}`, body, by.token);
  }

  show(id: unknown, by: Pick<Person, 'token'>) {
    return this.quotas.get(`/v1/quota-requests/${String(id)}`, by.token);
  }

  /** What counts for the next reservation of the user. */
  async limitOf(tenant: Tenant, person: Person): Promise<number> {
    const scope = { kind: 'user', project_id: tenant.project.id, id: person.id };
    const check = { domain_id: tenant.domain.id, items: [{ quota_key: 'namespace', scope, amount: 1 }] };
    const { body } = await this.quotas.post('/v1/quotas/check', check).expect(200);
    return body.items[0].limit as number;
  }
}
