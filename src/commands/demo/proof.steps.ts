/** What is left of the story can be read, replayed and accounted for. */
import { DAY_MS } from '../../kernel/clock.js';
import type { ApiAnswer } from '../api-client.js';
import * as answers from './answers-wire.js';
import type { Caller } from './caller.js';
import { read, type Step } from './story.js';

const ALL = '200';

const findTrail: Step = {
  title: 'Every step is found in the trail',
  why: 'What was done is a trace in the project it was done in, by the API of CTS that official clients speak.',
  run: async (story) => {
    const { root, operator, tenant, home, reported, registryUser } = story;
    // Before the window of an hour that CTS takes by default, if the service was away for long.
    const from = String(story.startedAt - 60_000);
    const operators = home.get().projectId;
    await trail(operator, operators, { from, resource_name: tenant.domainName }, { createDomain: 1 });
    await trail(
      operator,
      operators,
      { from, resource_name: registryUser.name },
      { createUser: 1, createPolicyV5: 1, login: 1 },
    );
    await trail(
      root,
      tenant.projectId,
      { from },
      {
        createUser: 1,
        createPolicyV5: 1,
        attachUserPolicyV5: 1,
        login: 2,
        createUserNamespace: reported.length,
        createQuotaRequest: 1,
        approveQuotaRequest: 1,
        createQuotaGrant: 1,
      },
    );
  },
};

const replayDraft: Step = {
  title: 'The draft of a policy that would have stopped him is replayed',
  why: 'What a change would have done is known before it is made, over the traces that are kept.',
  run: async ({ root, userId, reported }) => {
    const draft = {
      Version: '5.0',
      Statement: [{ Sid: 'NoNewOrganizations', Effect: 'Deny', Action: ['swr:namespace:createNamespace'] }],
    };
    const answer = await root.until('POST', '/v1/policies/replay', {
      body: { policies: [draft], user_id: userId.get() },
      expect: [200],
      // Without the summary in its last line the answer was cut off.
      holds: (lines) => summary(lines) !== null,
      tell: (lines) => {
        const { evaluated = 0, changed } = summary(lines) ?? {};
        return `${String(evaluated)} of his operations judged again: ${String(changed?.newly_denied ?? 0)} would have been denied, ${String(changed?.newly_allowed ?? 0)} newly allowed`;
      },
    });
    const denied = summary(answer)?.by_action.find(({ action }) => action === 'swr:namespace:createNamespace');
    if (denied?.newly_denied !== reported.length)
      throw new Error(`the draft would have denied ${String(denied?.newly_denied)}, not ${String(reported.length)}`);
  },
};

const rehearseRetention: Step = {
  title: 'The retention dry run tells what tomorrow drops',
  why: 'Traces leave as whole days, on schedule; nothing is deleted row by row.',
  run: async ({ operator }) => {
    const answer = await operator.ask('GET', '/v1/retention/dry-run', {
      query: { at: new Date(Date.now() + DAY_MS).toISOString() },
      expect: [200],
      tell: (told) => {
        const days = read(answers.dryRun, told).dropped.filter(({ partition }) => partition.startsWith('traces_'));
        if (days.length === 0) return 'no day ends by then';
        return days.map(({ partition, rows }) => `${partition} with ${String(rows)} traces`).join(', ');
      },
    });
    const { dropped, window_from: windowFrom } = read(answers.dryRun, answer);
    const early = dropped.find(({ to }) => to > windowFrom);
    if (early !== undefined) throw new Error(`${early.partition} would leave before its time`);
  },
};

const balanceCoverage: Step = {
  title: 'Coverage is balanced',
  why: 'Every offset of the topic is accounted for: stored, known already, refused with a reason, or missing and said so.',
  run: async ({ operator, tenant }) => {
    const refused = await operator.ask('GET', '/v1/ingest/dead-letters', {
      query: { domain_id: tenant.domainId },
      expect: [200],
      tell: (answer) => `${String(read(answers.deadLetters, answer).dead_letters.length)} of this tenant refused`,
    });
    const [letter] = read(answers.deadLetters, refused).dead_letters;
    if (letter !== undefined) throw new Error(`a trace of the story was refused: ${letter.reason}, ${letter.detail}`);
    await operator.until('GET', '/v1/ingest/coverage', {
      expect: [200],
      holds: (answer) => read(answers.coverage, answer).total.balanced,
      tell: (answer) => {
        const { total } = read(answers.coverage, answer);
        const fates = (['stored', 'duplicate', 'dead_lettered', 'filtered', 'absent', 'evicted'] as const)
          .filter((fate) => total[fate] !== '0' || fate === 'stored')
          .map((fate) => `${total[fate]} ${fate.replace('_', ' ')}`);
        const unread = total.lag === '0' ? '' : `, ${total.lag} to be read`;
        return `${total.offsets} offsets = ${fates.join(' + ')}${unread}`;
      },
    });
  },
};

export const proofSteps: readonly Step[] = [findTrail, replayDraft, rehearseRetention, balanceCoverage];

/**
 * Waits until the project's trail holds at least so many traces of each name. Own operations take the way of all traces, so
 * they come a moment later than their answers.
 */
async function trail(
  by: Caller,
  projectId: string,
  query: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, number>>,
): Promise<void> {
  const counted = (answer: ApiAnswer) => {
    const { traces } = read(answers.traceList, answer);
    return Object.entries(wanted).map(([name, least]) => {
      const count = traces.filter(({ trace_name: given }) => given === name).length;
      return { count, least, told: count === 1 ? name : `${name} ×${String(count)}` };
    });
  };
  await by.until('GET', `/v3/${projectId}/traces`, {
    query: { ...query, limit: ALL },
    expect: [200],
    holds: (answer) => counted(answer).every(({ count, least }) => count >= least),
    tell: (answer) =>
      counted(answer)
        .map(({ told }) => told)
        .join(', '),
  });
}

function summary(answer: ApiAnswer) {
  // One line alone is read as JSON, several are text.
  const last =
    typeof answer.body === 'string' ? (answer.body.trim().split('\n').at(-1) ?? '') : JSON.stringify(answer.body);
  try {
    const parsed = answers.replaySummary.safeParse(JSON.parse(last));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
