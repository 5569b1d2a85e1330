/** Who asks, and what there is to be found: the operator's domain, two tenants with a thing of each kind, and the other's marks. */
import { randomBytes } from 'node:crypto';
import { reaches } from '../support/reaches.js';

export interface Target {
  readonly url: string;
  readonly credentials: {
    readonly domain: { readonly id: string; readonly name: string };
    readonly project: { readonly id: string };
    readonly user: { readonly id: string; readonly name: string; readonly password: string };
  };
}

/** By kind: the name of the parameter that takes them. */
export type Ids = Readonly<Record<string, readonly string[]>>;

export interface Caller {
  readonly name: 'operator' | 'tenant' | 'nobody';
  readonly token: string | null;
  /** Ids that requests may hold; in `writableIds` nothing that the caller itself needs. */
  readonly ids: Ids;
  readonly writableIds: Ids;
  readonly acting: readonly string[];
  /** No answer may hold one of these. */
  readonly markers: readonly string[];
}

interface Tenant {
  readonly token: string;
  readonly ids: Ids;
  readonly spare: Ids;
  readonly acting: string;
  /** Names that only this domain has, and ids that are never sent by others. */
  readonly marks: readonly string[];
}

const PASSWORD = 'correct horse battery';
const DOCUMENT = '{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["cts:trace:list"]}]}';

/** Makes both tenants; resolves when the traces of that can be read. */
export async function callersOf({ url, credentials }: Target): Promise<Caller[]> {
  const api = new Api(url);
  const operator = await api.signIn(credentials.user.name, credentials.user.password, credentials.domain.name);
  const [home, other, third] = [
    await populate(api, operator),
    await populate(api, operator),
    await populate(api, operator),
  ];
  const reachable = merged(home.ids, other.ids);
  const own = {
    domain_id: [credentials.domain.id],
    project_id: [credentials.project.id],
    user_id: [credentials.user.id],
  };
  return [
    {
      name: 'operator',
      token: operator,
      ids: merged(own, third.ids),
      writableIds: third.spare,
      acting: [credentials.user.id, credentials.domain.id],
      markers: [],
    },
    {
      name: 'tenant',
      token: home.token,
      ids: reachable,
      writableIds: merged(home.spare, other.ids),
      acting: [home.acting],
      markers: other.marks,
    },
    {
      name: 'nobody',
      token: null,
      ids: reachable,
      writableIds: reachable,
      acting: [],
      markers: [...home.marks, ...other.marks],
    },
  ];
}

class Api {
  constructor(private readonly url: string) {}

  async call<T>(
    method: string,
    path: string,
    token: string | null,
    body?: object,
  ): Promise<{ headers: Headers; body: T }> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token !== null && { 'x-auth-token': token }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await answer.text();
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${String(answer.status)} ${text}`);
    return { headers: answer.headers, body: (text === '' ? {} : JSON.parse(text)) as T };
  }

  async signIn(name: string, password: string, domain: string): Promise<string> {
    const user = { name, password, domain: { name: domain } };
    const identity = { methods: ['password'], password: { user } };
    const { headers } = await this.call('POST', '/v3/auth/tokens', null, { auth: { identity } });
    return headers.get('x-subject-token') ?? '';
  }
}

/** A domain with one thing of each kind, every name of which holds its mark. */
async function populate(api: Api, operator: string): Promise<Tenant> {
  const mark = `zq${randomBytes(6).toString('hex')}`;
  const { body: made } = await api.call<{
    domain: { id: string };
    projects: { id: string }[];
    administrator: { id: string };
  }>('POST', '/v1/domains', operator, {
    name: mark,
    projects: [
      { name: 'cn-north-4', region: 'cn-north-4' },
      { name: 'cn-north-4_spare', region: 'cn-north-4' },
    ],
    administrator: { name: 'root', password: PASSWORD },
  });
  const token = await api.signIn('root', PASSWORD, mark);
  const post = async <T>(path: string, body: object): Promise<T> => (await api.call<T>('POST', path, token, body)).body;
  const user = async (): Promise<string> =>
    (await post<{ user: { id: string } }>('/v3/users', { user: { name: `${mark}${randomBytes(3).toString('hex')}` } }))
      .user.id;
  const [spareUser, hiddenUser] = [await user(), await user()];
  const group = async (): Promise<string> =>
    (
      await post<{ group: { id: string } }>('/v3/groups', {
        group: { name: `${mark}${randomBytes(3).toString('hex')}` },
      })
    ).group.id;
  const [spareGroup, hiddenGroup] = [await group(), await group()];
  const { credential } = await post<{ credential: { access: string } }>('/v3.0/OS-CREDENTIAL/credentials', {
    credential: { user_id: spareUser, description: mark },
  });
  const policy = { policy_name: mark, policy_document: DOCUMENT };
  const policyId = (await post<{ policy: { policy_id: string } }>('/v5/policies', policy)).policy.policy_id;
  const role = { display_name: mark, type: 'XA', policy: JSON.parse(DOCUMENT.replace('5.0', '1.1')) as object };
  const roleId = (await post<{ role: { id: string } }>('/v3.0/OS-ROLE/roles', { role })).role.id;
  const [project, spareProject] = made.projects.map(({ id }) => id);
  const reservation = await post<{ id: string }>('/v1/quotas/reservations', {
    domain_id: made.domain.id,
    items: [
      { quota_key: 'namespace', scope: { kind: 'user', project_id: project, id: spareUser }, resource_name: mark },
    ],
  });
  await post(`/v2/manage/namespaces/${mark}/access`, [{ user_id: spareUser, user_name: mark, auth: 3 }]).catch(
    () => undefined,
  );
  const traces = await reaches(
    'the traces of the new domain are there',
    async () => (await api.call<{ traces: { trace_id: string }[] }>('GET', '/v1/traces', token)).body.traces,
    ({ length }) => length >= 4,
  );
  const spare = {
    domain_id: [made.domain.id],
    project_id: [spareProject ?? ''],
    user_id: [spareUser],
    group_id: [spareGroup],
    access_key: [credential.access],
    policy_id: [policyId],
    role_id: [roleId],
    reservation_id: [reservation.id],
    trace_id: traces.slice(0, 3).map(({ trace_id: id }) => id),
    namespace: [mark.slice(0, 2)],
  };
  return {
    token,
    spare,
    ids: merged(spare, { project_id: [project ?? ''], user_id: [made.administrator.id] }),
    acting: made.administrator.id,
    marks: [mark, hiddenUser, hiddenGroup],
  };
}

function merged(...all: readonly Ids[]): Ids {
  const kinds = new Set(all.flatMap((ids) => Object.keys(ids)));
  return Object.fromEntries([...kinds].map((kind) => [kind, all.flatMap((ids) => ids[kind] ?? [])]));
}
