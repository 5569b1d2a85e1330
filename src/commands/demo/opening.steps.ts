/** The story begins: a tenant, its registry and its user come to be, and a week of traces arrives. */
import { readLines } from '../../traces/index.js';
import type { ApiAnswer } from '../api-client.js';
import * as answers from './answers-wire.js';
import type { Caller } from './caller.js';
import { weekOf } from './events-wire.js';
import { read, type Step, type Story } from './story.js';
import { publishUntil } from './publish-until.js';

const openDomain: Step = {
  title: 'An operator opens a domain for a new tenant',
  why: 'A domain is the unit of isolation: nobody in it sees what is another’s.',
  run: async (story) => {
    const { operator, tenant, administrator, home } = story;
    await operator.enter('signed in, as credentials.json tells');
    const { region } = home.get();
    await operator.ask('POST', '/v1/domains', {
      headers: story.key('domain'),
      body: {
        id: tenant.domainId,
        name: tenant.domainName,
        projects: [{ id: tenant.projectId, name: region, region }],
        administrator,
      },
      expect: [201],
      tell: () => `${tenant.domainName} with administrator ${administrator.name}`,
    });
  },
};

const admitRegistry: Step = {
  title: 'The registry gets an account that may reserve in that domain, and nothing else',
  why: 'A service is a user of the operator domain; its policy names the one domain it acts on.',
  run: async (story) => {
    const { operator, registry, registryUser, tenant } = story;
    const userId = await makeUser(operator, registryUser);
    await allow(story, operator, userId, `registry-${story.run}`, [
      {
        Sid: 'ReserveForTenant',
        Effect: 'Allow',
        Action: ['quota:reservation:*', 'iam:policies:evaluate'],
        Resource: [`quota:*:${tenant.domainId}:*:*`, `iam:*:${tenant.domainId}:*:*`],
      },
    ]);
    await registry.enter('signed in');
  },
};

const allowUser: Step = {
  title: 'The tenant makes a user, who may do nothing until a policy allows it',
  why: 'Nothing is allowed by default, and every decision names the statement that made it.',
  run: async (story) => {
    const { root, chen, user } = story;
    await root.enter('signed in');
    story.userId.set(await makeUser(root, user));
    await mayCreate(story, false);
    await allow(story, root, story.userId.get(), 'team-lead', [
      { Sid: 'MakeOrganizations', Effect: 'Allow', Action: ['swr:namespace:createNamespace'] },
      { Sid: 'AskForMore', Effect: 'Allow', Action: ['quota:request:*', 'quota:quota:list'] },
      { Sid: 'ReadTheTrail', Effect: 'Allow', Action: ['cts:trace:list'] },
    ]);
    await mayCreate(story, true);
    await chen.enter('signed in');
  },
};

const receiveWeek: Step = {
  title: 'A week of registry traces arrives',
  why: 'Delivered late, out of order and in part twice; each is stored once.',
  run: async (story) => {
    const { operator, root, tenant, run, stage } = story;
    const kept = await operator.ask('GET', '/v1/retention', { expect: [200] });
    const { retention_days: days } = read(answers.retentionDays, kept);
    const lines = await readLines([stage.weekFile]);
    const week = weekOf(tenant, lines, { endMs: Date.now(), days, run });
    const twice = week.records.length - week.distinct;
    const told = `${String(week.records.length)} traces, ${String(twice)} of them sent twice`;
    const stored = { service_type: 'SWR', limit: '1', total: 'true' };
    await publishUntil(story, week.records, told, (deadlineMs) =>
      root.until('GET', '/v1/traces', {
        query: stored,
        expect: [200],
        holds: (answer) => total(answer) >= week.distinct,
        tell: (answer) => `${String(total(answer))} stored, over ${String(days)} days`,
        deadlineMs,
      }),
    );
    const found = total(await root.ask('GET', '/v1/traces', { query: stored, expect: [200] }));
    if (found !== week.distinct)
      throw new Error(`${String(found)} traces are stored, ${String(week.distinct)} were sent`);
  },
};

export const openingSteps: readonly Step[] = [openDomain, admitRegistry, allowUser, receiveWeek];

const total = (answer: ApiAnswer): number => read(answers.traceTotal, answer).total.value;

/** The user's id; also where an earlier call made the user and its answer was lost. */
async function makeUser(by: Caller, user: { readonly name: string; readonly password: string }): Promise<string> {
  const made = await by.ask('POST', '/v3/users', {
    body: { user },
    expect: [201, 409],
    tell: () => `user ${user.name}`,
  });
  if (made.status === 201) return read(answers.created, made).user.id;
  const listed = await by.ask('GET', '/v3/users', { query: { name: user.name }, expect: [200] });
  const found = read(answers.userList, listed).users.find(({ name }) => name === user.name);
  if (found === undefined) throw new Error(`the name ${user.name} is taken, and nobody has it`);
  return found.id;
}

async function allow(
  story: Story,
  by: Caller,
  userId: string,
  name: string,
  statements: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const path = `demo-${story.run}/`;
  const made = await by.ask('POST', '/v5/policies', {
    body: { policy_name: name, path, policy_document: JSON.stringify({ Version: '5.0', Statement: statements }) },
    expect: [201, 409],
    tell: () => `policy ${name}: ${statements.map(({ Action }) => [Action].flat().join(', ')).join('; ')}`,
  });
  const id =
    made.status === 201 ? read(answers.createdPolicy, made).policy.policy_id : await findPolicy(by, path, name);
  // Attaching twice is no fault and no change.
  await by.ask('POST', `/v5/policies/${id}/attach-user`, {
    body: { user_id: userId },
    expect: [200],
    tell: () => 'attached',
  });
}

async function findPolicy(by: Caller, path: string, name: string): Promise<string> {
  const listed = await by.ask('GET', '/v5/policies', { query: { path_prefix: path, limit: '200' }, expect: [200] });
  const found = read(answers.policyList, listed).policies.find(({ policy_name: given }) => given === name);
  if (found === undefined) throw new Error(`the policy name ${name} is taken, and nothing has it`);
  return found.policy_id;
}

/** The registry asks whether the user may make organizations; a change of policies is in force within a second. */
async function mayCreate(story: Story, expected: boolean): Promise<void> {
  const { tenant, registry, userId, home } = story;
  const resource = `swr:${home.get().region}:${tenant.domainId}:namespace:${story.organization(1)}`;
  const decision = (answer: ApiAnswer) => (answer.status === 200 ? read(answers.evaluation, answer) : null);
  await registry.until('POST', '/access/v1/evaluation', {
    body: {
      subject: { type: 'user', id: userId.get() },
      action: { name: 'swr:namespace:createNamespace' },
      resource: { type: 'namespace', id: resource },
    },
    // Until the registry's own policy is in force it may not ask.
    expect: [200, 403],
    holds: (answer) => decision(answer)?.decision === expected,
    tell: (answer) => {
      const by = decision(answer)?.context?.determining[0];
      const why = by === undefined ? 'no statement allows it' : `by ${by.sid ?? ''} of ${by.policy_name}`;
      return `may he make organizations? ${expected ? 'yes' : 'no'}, ${why}`;
    },
  });
}
