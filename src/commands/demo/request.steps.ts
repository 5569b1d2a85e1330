/** A limit is raised: asked for by him, not by himself decided, granted in part by somebody else. */
import { DAY_MS } from '../../kernel/clock.js';
import * as answers from './answers-wire.js';
import { DESIRED, GRANTED } from './quota.steps.js';
import { read, type Step } from './story.js';

const askForMore: Step = {
  title: `He asks for ${String(DESIRED)} until tomorrow`,
  why: 'A limit changes only through a request: who asks, for what, why, and until when.',
  run: async (story) => {
    const asked = await story.chen.ask('POST', '/v1/quota-requests', {
      body: {
        quota_key: 'namespace',
        scope: story.scope,
        desired: DESIRED,
        reason: 'a migration, done by tomorrow',
        until: story.startedAt + DAY_MS,
      },
      // The same wish again is answered with the request that is open.
      expect: [201, 200],
      tell: (answer) => {
        const { state, limit_at_request: limit, desired } = read(answers.quotaRequest, answer);
        return `${state}: from ${String(limit)} to ${String(desired)}`;
      },
    });
    story.requestId.set(read(answers.quotaRequest, asked).id);
  },
};

const notByHimself: Step = {
  title: 'He cannot approve it himself',
  why: 'Approving is an operator’s action, which no policy of a tenant reaches; and nobody decides on a request of their own.',
  run: async ({ chen, requestId }) => {
    await chen.ask('POST', `/v1/quota-requests/${requestId.get()}/approve`, {
      body: { granted: DESIRED, reason: 'I need it' },
      expect: [403],
      tell: (answer) => read(answers.refusal, answer).error_msg,
    });
  },
};

const grantSeven: Step = {
  title: `An operator grants ${String(GRANTED)}`,
  why: 'Decision and new limit are one transaction; in part, and until the end that was asked for.',
  run: async ({ operator, requestId }) => {
    const path = `/v1/quota-requests/${requestId.get()}`;
    // 409: decided already, by a call whose answer was lost; what was decided is read below.
    await operator.ask('POST', `${path}/approve`, {
      body: { granted: GRANTED, reason: 'seven will do for a migration' },
      expect: [200, 409],
      tell: () => 'decided',
    });
    const decided = await operator.ask('GET', path, {
      expect: [200],
      tell: (answer) => {
        const { state, granted, desired, until } = read(answers.quotaRequest, answer);
        return `${state}: ${String(granted)} of ${String(desired)}, until ${new Date(until ?? 0).toISOString()}`;
      },
    });
    const { state, granted } = read(answers.quotaRequest, decided);
    if (state !== 'partially_approved' || granted !== GRANTED)
      throw new Error(
        `the request is ${state} with ${String(granted)} granted, not partially approved with ${String(GRANTED)}`,
      );
  },
};

export const requestSteps = { askForMore, notByHimself, grantSeven };
