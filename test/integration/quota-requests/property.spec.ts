import fc from 'fast-check';
import type { Tenant } from '../quotas/harness.js';
import { known, type Person, RequestsApp } from './harness.js';

/** What a request is to a naive reader of docs/quota-requests.md. */
interface Model {
  id: string;
  state: string;
  desired: number;
  owner: number;
  /** Who made or amended it: none of them decides. */
  readonly authors: Set<number>;
  /** Limits that each approver consents to. */
  readonly consents: Map<number, number>;
}

type Operation =
  | { readonly kind: 'create'; readonly who: number; readonly whose: number; readonly desired: number }
  | {
      readonly kind: 'amend' | 'review' | 'ask' | 'answer' | 'approve' | 'deny' | 'withdraw';
      readonly who: number;
      readonly pick: number;
      readonly limit: number;
    };

/** 0 and 1: users, 2: their administrator, 3 and 4: operators who may decide. */
const who = fc.nat(4);
const limit = fc.integer({ min: 3, max: 13 });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('create' as const), who, whose: fc.nat(1), desired: limit }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('amend', 'review', 'ask', 'answer', 'approve', 'approve', 'deny', 'withdraw'),
      who: fc.oneof(who, fc.constantFrom(3, 4)),
      pick: fc.oneof(fc.constant(0), fc.nat(20)),
      limit,
    }),
  },
);

const OPEN = ['pending', 'in_review', 'needs_info'];
const DEFAULT = 5;

describe('any actions of anybody on quota requests', () => {
  let service: RequestsApp;
  let approvers: Person[];
  let count = 0;
  beforeAll(async () => {
    service = await RequestsApp.start();
    approvers = [await service.approver(), await service.approver()];
  });
  afterAll(() => service.stop());

  /** What is expected of one action, and what it makes of the model. */
  function step(
    model: Model[],
    limits: number[],
    operation: Operation,
  ): { status: number; apply: (id: string) => void } {
    const refused = (status: number) => ({ status, apply: () => undefined });
    if (operation.kind === 'create') {
      const { who: actor, whose, desired } = operation;
      if (actor !== whose && actor < 2) return refused(403);
      const open = model.find((request) => request.owner === whose && OPEN.includes(request.state));
      if (open !== undefined) return refused(open.desired === desired ? 200 : 409);
      if (desired <= (limits[whose] ?? DEFAULT)) return refused(409);
      const made = {
        state: 'pending',
        desired,
        owner: whose,
        authors: new Set([actor]),
        consents: new Map<number, number>(),
      };
      return { status: 201, apply: (id) => void model.unshift({ id, ...made }) };
    }
    const request = model[operation.pick % Math.max(1, model.length)];
    if (request === undefined) return refused(0);
    const { kind, who: actor, limit: wanted } = operation;
    if (actor !== request.owner && actor < 2) return refused(404);
    const decides = kind === 'approve' || kind === 'deny';
    const operators = decides || kind === 'review' || kind === 'ask';
    if (operators && (actor < 3 || (decides && request.authors.has(actor)))) return refused(403);
    const isOpen = OPEN.includes(request.state);
    const become = (state: string) => ({ status: 200, apply: () => void (request.state = state) });
    switch (kind) {
      case 'amend':
        if (request.state !== 'pending') return refused(409);
        if (wanted === request.desired) return refused(200);
        if (wanted <= (limits[request.owner] ?? DEFAULT)) return refused(409);
        return {
          status: 200,
          apply: () => {
            request.desired = wanted;
            request.authors.add(actor);
          },
        };
      case 'review':
        return request.state === 'pending' ? become('in_review') : refused(409);
      case 'ask':
        return ['pending', 'in_review'].includes(request.state) ? become('needs_info') : refused(409);
      case 'answer':
        return request.state === 'needs_info' ? become('in_review') : refused(409);
      case 'withdraw':
        return isOpen ? become('withdrawn') : refused(409);
      case 'deny':
        return isOpen ? become('denied') : refused(409);
      case 'approve': {
        if (!isOpen) return refused(409);
        if (wanted > request.desired) return refused(400);
        const present = limits[request.owner] ?? DEFAULT;
        if (wanted <= present) return refused(400);
        request.consents.set(actor, wanted);
        const agreed = [...request.consents.values()]
          .filter(
            (one) => one <= 2 * DEFAULT || [...request.consents.values()].filter((other) => other >= one).length >= 2,
          )
          .sort((left, right) => right - left)[0];
        if (agreed === undefined) return become('in_review');
        return {
          status: 200,
          apply: () => {
            request.state = agreed === request.desired ? 'approved' : 'partially_approved';
            limits[request.owner] = agreed;
          },
        };
      }
    }
  }

  async function check(tenant: Tenant, users: Person[], model: Model[], limits: number[]): Promise<void> {
    const { database } = service.quotas;
    const rows = await database.query<
      Record<string, string | null> & { authors: string[]; decided_by: { userId: string } | null }
    >('SELECT id, state, scope, granted, grant_id, authors, decided_by FROM quota_requests WHERE domain_id = $1', [
      tenant.domain.id,
    ]);
    const states = Object.fromEntries(rows.map(({ id, state }) => [id, state]));
    expect(states).toEqual(Object.fromEntries(model.map(({ id, state }) => [id, state])));
    const open = rows.filter(({ state }) => OPEN.includes(String(state))).map(({ scope }) => scope);
    expect(new Set(open).size).toBe(open.length);
    // Each grant from one decision, each decision with its grant, and nobody's own.
    const grants = await database.query<{ id: string; scope: string; limit_value: string }>(
      'SELECT id, scope, limit_value FROM quota_grants WHERE domain_id = $1 ORDER BY created_at',
      [tenant.domain.id],
    );
    const decided = rows.filter(({ grant_id: grant }) => grant !== null);
    expect(grants.map(({ id }) => id).sort()).toEqual(decided.map(({ grant_id: grant }) => grant).sort());
    for (const { authors, decided_by: by } of decided)
      expect(authors.some((author) => author.endsWith(`/${String(by?.userId)}`))).toBe(false);
    // The limit in force is what the history of decisions comes to.
    for (const [index, user] of users.entries()) {
      const own = grants.filter(({ scope }) => scope.endsWith(`/${user.id}`)).map((grant) => Number(grant.limit_value));
      expect(limits[index] ?? DEFAULT).toBe(Math.max(DEFAULT, ...own));
      expect(await service.limitOf(tenant, user)).toBe(limits[index] ?? DEFAULT);
    }
  }

  it('leave one open request for each scope, grants by decisions only, and nobody’s own', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 25 }), async (operations) => {
        const tenant = await service.quotas.tenant(`acme-${String(++count)}`);
        const users = [
          await service.user(tenant.token, tenant.domain.name),
          await service.user(tenant.token, tenant.domain.name),
        ];
        const people = [...users, { ...tenant.administrator, token: tenant.token }, ...approvers];
        const model: Model[] = [];
        const limits: number[] = [];
        for (const [index, one] of operations.entries()) {
          const actor = known(people[one.who]);
          const picked = one.kind === 'create' ? undefined : model[one.pick % Math.max(1, model.length)];
          const expected = step(model, limits, one);
          if (one.kind === 'create') {
            const scope = { kind: 'user', project_id: tenant.project.id, id: users[one.whose]?.id };
            const answer = await service.ask(tenant, actor, one.desired, { scope, domain_id: tenant.domain.id });
            expect({ one, status: answer.status }).toEqual({ one, status: expected.status });
            expected.apply(String(answer.body.id));
          } else if (picked !== undefined) {
            // Words of each action's own: what is repeated on purpose is another suite's.
            const said = `for reason ${String(index)}`;
            const body = {
              amend: { desired: one.limit },
              review: { note: said },
              ask: { question: said },
              answer: { text: said },
              approve: { granted: one.limit, reason: said },
              deny: { reason: said },
              withdraw: { reason: said },
            }[one.kind];
            const answer = await service.act(picked.id, one.kind, actor, body);
            expect({ one, state: picked.state, status: answer.status }).toEqual({
              one,
              state: picked.state,
              status: expected.status,
            });
            expected.apply(picked.id);
          }
        }
        await check(tenant, users, model, limits);
      }),
      { numRuns: 10, endOnFailure: true },
    );
  }, 300_000);
});
