/** Organizations are made up to the limit and beyond: reserved, created, reported, committed; and refused. */
import type { z } from 'zod';
import type { ApiAnswer } from '../api-client.js';
import * as answers from './answers-wire.js';
import { organizationTrace } from './events-wire.js';
import { publishUntil } from './publish-until.js';
import { read, type Step, type Story } from './story.js';

/** Organizations a user may have in a project unless somebody grants more (domain definition `namespace`). */
export const DEFAULT_LIMIT = 5;
/** What he asks for, and what he gets. */
export const DESIRED = 8;
export const GRANTED = 7;

const reachLimit: Step = {
  title: `He makes ${String(DEFAULT_LIMIT)} organizations: that is his limit`,
  why: 'The registry reserves before it creates, and commits after; the trace of the creation confirms it.',
  run: async (story) => {
    await makeOrganizations(story, 1, DEFAULT_LIMIT);
    await story.chen.until('GET', `/v2/manage/projects/${story.tenant.projectId}/quotas`, {
      expect: [200],
      holds: (answer) => usage(answer)?.used === DEFAULT_LIMIT,
      tell: (answer) => {
        const { used = 0, quota_limit: limit = 0 } = usage(answer) ?? {};
        return `${String(used)} of ${String(limit)} used, as SWR’s own API shows it`;
      },
    });
  },
};

const refuseNext: Step = {
  title: 'The next one is refused, with the reason',
  why: 'A quota cannot be overrun; the refusal says what was needed, what is left and where to ask for more.',
  run: (story) => refuse(story, DEFAULT_LIMIT + 1, { limit: DEFAULT_LIMIT, origin: 'default' }),
};

const useGrant: Step = {
  title: 'Two more pass, and the next is refused',
  why: 'The grant counts from the next reservation on, and not one further.',
  run: async (story) => {
    await makeOrganizations(story, DEFAULT_LIMIT + 1, GRANTED);
    await refuse(story, GRANTED + 1, { limit: GRANTED, origin: 'grant' });
  },
};

export const quotaSteps = { reachLimit, refuseNext, useGrant };

function usage(answer: ApiAnswer) {
  return read(answers.swrQuotas, answer).quotas.find(({ quota_key: key }) => key === 'namespace');
}

async function makeOrganizations(story: Story, first: number, last: number): Promise<void> {
  for (let number = first; number <= last; number++) await makeOrganization(story, number);
  await seenByUser(story);
}

async function makeOrganization(story: Story, number: number): Promise<void> {
  const { registry } = story;
  const made = await registry.ask('POST', '/v1/quotas/reservations', {
    headers: story.key(`reserve-${String(number)}`),
    body: reserving(story, number),
    expect: [201],
    tell: (answer) => {
      const [item] = read(answers.reservation, answer).items;
      return `${story.organization(number)} held: ${String(number)} of ${String(item?.limit ?? 0)}`;
    },
  });
  const { id } = read(answers.reservation, made);
  // Here the registry makes the organization; then it reports, and commits what it reserved. Committing twice is no fault.
  report(story, number, false);
  await registry.ask('POST', `/v1/quotas/reservations/${id}/commit`, { expect: [200], tell: () => 'committed' });
}

async function refuse(
  story: Story,
  number: number,
  expected: { readonly limit: number; readonly origin: string },
): Promise<void> {
  const answer = await story.registry.ask('POST', '/v1/quotas/reservations', {
    headers: story.key(`refused-${String(number)}`),
    body: reserving(story, number),
    expect: [409],
    tell: (refused) => refusalText(read(answers.exceeded, refused)),
  });
  const { exceeded } = read(answers.exceeded, answer);
  const [fact] = exceeded;
  const { limit, used = 0, reserved = 0, origin } = fact ?? {};
  if (limit !== expected.limit || origin !== expected.origin || used + reserved !== expected.limit)
    throw new Error(`refused for another reason than the limit of ${String(expected.limit)}: ${JSON.stringify(fact)}`);
  report(story, number, true);
  await seenByUser(story);
}

function refusalText({ error_code: code, exceeded, request_more: more }: z.infer<typeof answers.exceeded>): string {
  const facts = exceeded.map(
    ({ quota_key: key, needed, used, reserved, limit, origin }) =>
      `${key}: ${String(needed)} needed, ${String(used)} used, ${String(reserved)} reserved, limit ${String(limit)} (${origin})`,
  );
  return `${code}: ${facts.join('; ')}; ask at ${more}`;
}

function reserving(story: Story, number: number): Readonly<Record<string, unknown>> {
  const item = { quota_key: 'namespace', scope: story.scope, amount: 1, resource_name: story.organization(number) };
  return { domain_id: story.tenant.domainId, items: [item] };
}

/** The same bytes however often it is published. */
function report(story: Story, number: number, refused: boolean): void {
  const { tenant, user, userId } = story;
  const facts = { name: story.organization(number), refused, atMs: Date.now(), node: story.node };
  story.reported.push(organizationTrace(tenant, { id: userId.get(), name: user.name }, facts));
}

/** All that was reported so far is found by the user, in his project’s trail. */
async function seenByUser(story: Story): Promise<void> {
  const { chen, tenant, reported, published } = story;
  const fresh = reported.slice(published);
  story.published = reported.length;
  await publishUntil(story, fresh, `createUserNamespace ×${String(fresh.length)}`, (deadlineMs) =>
    chen.until('GET', `/v3/${tenant.projectId}/traces`, {
      query: { trace_name: 'createUserNamespace', user: story.user.name, limit: '200' },
      expect: [200],
      holds: (answer) => read(answers.traceList, answer).meta_data.count === reported.length,
      deadlineMs,
    }),
  );
}
