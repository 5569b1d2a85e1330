/** Two replicas on one database: what one of them is told holds on the other within its bound. */
import { randomBytes } from 'node:crypto';
import { reaches } from '../support/reaches.js';
import type { Service } from '../support/service.js';
import type { Fault } from './fault.js';
import { Stage } from './stage.js';

/** Snapshots of policies are polled every 500 ms; beyond 5 s a replica fails closed (design §7). */
const POLICY_LIMIT_MS = 5_000;

export const replicas: Fault = {
  number: 9,
  name: 'a policy change, a token revocation and a key rotation while two replicas serve',
  play: async ({ short }) => {
    const stage = await Stage.open();
    try {
      const [a, b] = [await stage.start({ ROLES: 'api' }), await stage.start({ ROLES: 'api' })];
      const rounds = short ? 3 : 20;
      const broken: string[] = [];
      let slowestMs = 0;
      for (let round = 0; round < rounds && broken.length === 0; round++) {
        const [one, other] = round % 2 === 0 ? [a, b] : [b, a];
        slowestMs = Math.max(slowestMs, await policyChange(stage, one, other, broken));
        await revocation(stage, one, other, broken);
        await rotation(stage, one, other, broken);
      }
      return {
        sent: `${String(rounds)} rounds, from each replica in turn`,
        found: `a new policy held on the other replica after at most ${String(Math.round(slowestMs))} ms, a revocation and a rotation with the next request`,
        broken: broken[0] ?? null,
      };
    } finally {
      await stage.close();
    }
  },
};

const reads = async (service: Service, token: string): Promise<number> =>
  (await service.call('GET', '/v1/traces', { token })).status;

async function policyChange(stage: Stage, one: Service, other: Service, broken: string[]): Promise<number> {
  const token = await stage.signIn(one);
  const name = `u${randomBytes(5).toString('hex')}`;
  const password = 'another fine password';
  const made = await one.call<{ user: { id: string } }>('POST', '/v3/users', {
    token,
    body: { user: { name, password } },
  });
  const userId = made.body.user.id;
  const theirs = await other.signIn({ name, password });
  if ((await reads(other, theirs)) !== 403) broken.push('a user without a policy may read');
  const attach = { token, body: { user_id: userId } };
  let slowest = 0;
  for (const [verb, status] of [
    ['attach', 200],
    ['detach', 403],
  ] as const) {
    const changed = await one.call('POST', `/v5/policies/quaestor-administrator/${verb}-user`, attach);
    if (changed.status !== 200) broken.push(`${verb}: ${String(changed.status)}`);
    const begunAt = performance.now();
    await reaches(
      `${verb} holds on the other replica`,
      () => reads(other, theirs),
      (seen) => seen === status,
      20_000,
    );
    slowest = Math.max(slowest, performance.now() - begunAt);
  }
  if (slowest > POLICY_LIMIT_MS) broken.push(`a policy change took ${String(Math.round(slowest))} ms`);
  return slowest;
}

async function revocation(stage: Stage, one: Service, other: Service, broken: string[]): Promise<void> {
  const [token, doomed] = [await stage.signIn(one), await stage.signIn(other)];
  if ((await reads(other, doomed)) !== 200) broken.push('a fresh token is refused');
  const answer = await fetch(`${one.runtime.http}/v3/auth/tokens`, {
    method: 'DELETE',
    headers: { 'x-auth-token': token, 'x-subject-token': doomed },
    signal: AbortSignal.timeout(30_000),
  });
  if (answer.status !== 204) broken.push(`a token cannot be revoked: ${String(answer.status)}`);
  for (const replica of [other, one])
    if ((await reads(replica, doomed)) !== 401) broken.push('a revoked token is taken');
}

async function rotation(stage: Stage, one: Service, other: Service, broken: string[]): Promise<void> {
  const former = await stage.signIn(other);
  const rotate = (discard: boolean) =>
    one.call('POST', '/v1/signing-keys/rotate', { token: former, body: { discard_others: discard } });
  const kept = await rotate(false);
  if (kept.status !== 200) broken.push(`the key cannot be rotated: ${String(kept.status)}`);
  const fresh = await stage.signIn(one);
  for (const token of [former, fresh])
    if ((await reads(other, token)) !== 200) broken.push('a token of before or after a rotation is refused');
  await rotate(true);
  await reaches(
    'tokens of discarded keys are refused',
    () => reads(other, fresh),
    (seen) => seen === 401,
    20_000,
  );
  if ((await reads(other, await stage.signIn(one))) !== 200) broken.push('a token of the new key is refused');
}
