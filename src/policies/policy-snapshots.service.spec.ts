import { loadConfig } from '../platform/config/load-config.js';
import { Readiness } from '../platform/health/readiness.js';
import { createLogger } from '../platform/logging/logger.js';
import { DomainSnapshot, type SnapshotRecord } from './policy-snapshot.js';
import { PolicySnapshots } from './policy-snapshots.service.js';

const ALLOW = JSON.stringify({ Version: '5.0', Statement: [{ Effect: 'Allow', Action: ['cts:trace:list'] }] });
const NOWHERE = { projectId: null, regionProjectId: null };

function record(domainId: string, version: string, more: Partial<SnapshotRecord> = {}): SnapshotRecord {
  return { domainId, version, policies: [], attachments: [], roleGrants: [], registryGrants: [], ...more };
}

describe('PolicySnapshots', () => {
  let now = 0;
  let version = '1';
  let reachable = true;
  let loads = 0;
  let notify: () => void = () => undefined;
  let snapshots: PolicySnapshots;
  let readiness: Readiness;
  beforeEach(() => {
    [now, version, reachable, loads] = [0, '1', true, 0];
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const answer = <T>(value: () => T): Promise<T> =>
      reachable ? Promise.resolve(value()) : Promise.reject(new Error('connection refused'));
    const store = {
      load: (ids: readonly string[]) => {
        loads += 1;
        return answer(() => ids.map((domainId) => record(domainId, version)));
      },
      changed: (known: ReadonlyMap<string, string>) =>
        answer(() => new Set([...known].filter(([, seen]) => seen !== version).map(([id]) => id))),
    };
    const listen = (_: string, handler: () => void) => {
      notify = handler;
      return () => Promise.resolve();
    };
    readiness = new Readiness();
    const log = createLogger({ level: 'silent', secrets: [] });
    snapshots = new PolicySnapshots(store as never, { listen } as never, readiness, log, loadConfig({}));
  });
  afterEach(async () => {
    await snapshots.onModuleDestroy();
    jest.restoreAllMocks();
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const isReady = async () => (await readiness.report()).ready;

  it('reads a domain once, and again when its version has changed', async () => {
    snapshots.onModuleInit();
    const [one, same] = await Promise.all([snapshots.of('d'), snapshots.of('d')]);
    expect(same).toBe(one);
    expect(await snapshots.of('d')).toBe(one);
    expect(loads).toBe(1);
    [version, now] = ['2', 100];
    notify();
    await turn();
    const next = await snapshots.of('d');
    expect([one.version, next.version, loads]).toEqual(['1', '2', 2]);
  });

  it('decides nothing by policies that nobody could look after for five seconds', async () => {
    snapshots.onModuleInit();
    const one = await snapshots.of('d');
    reachable = false;
    now = 5_000;
    expect(await snapshots.of('d')).toBe(one);
    expect(await isReady()).toBe(true);
    now = 5_001;
    await expect(snapshots.of('d')).rejects.toMatchObject({ code: 'QST.Unavailable' });
    await expect(snapshots.of('never seen')).rejects.toMatchObject({ code: 'QST.Unavailable' });
    expect(await isReady()).toBe(false);
    reachable = true;
    notify();
    await turn();
    expect((await snapshots.of('d')).version).toBe('1');
    expect(await isReady()).toBe(true);
  });
});

describe('DomainSnapshot', () => {
  const user = { userId: 'u', groups: ['g'] };
  const grants = [
    ['inherited', 'd', 'r1'],
    ['project', 'p1', 'r2'],
    ['project', 'p2', 'r3'],
    ['domain', 'd', 'r4'],
    ['enterprise_project', 'e', 'r5'],
  ] as const;
  const snapshot = new DomainSnapshot(
    record('d', '1', {
      attachments: [
        { policyId: 'a1', userId: 'u', groupId: null },
        { policyId: 'a2', userId: null, groupId: 'g' },
        { policyId: 'a3', userId: 'other', groupId: null },
      ],
      roleGrants: grants.map(([scopeKind, scopeId, roleId]) => ({ groupId: 'g', roleId, scopeKind, scopeId })),
    }),
  );

  it.each([
    ['a named project', { projectId: 'p1', regionProjectId: null }, ['a1', 'a2', 'r1', 'r2']],
    ['no project', NOWHERE, ['a1', 'a2', 'r1', 'r4']],
    ['the project of a region', { projectId: null, regionProjectId: 'p2' }, ['a1', 'a2', 'r1', 'r3', 'r4']],
  ])('applies what is attached always, and of the roles those of %s', (_, scope, expected) => {
    expect(snapshot.policiesOf(user, scope)).toEqual(expected);
    expect(snapshot.policiesOf({ userId: 'nobody', groups: [] }, scope)).toEqual([]);
  });

  it('lets a document that cannot be read deny everything, and finds who is denied something', () => {
    const broken = new DomainSnapshot(
      record('d', '1', {
        policies: [
          { id: 'fine', name: 'fine', version: 'v1', document: ALLOW },
          { id: 'broken', name: 'broken', version: 'v1', document: '{"Version":"9.9"}' },
        ],
        attachments: [
          { policyId: 'fine', userId: 'u', groupId: null },
          { policyId: 'broken', userId: null, groupId: 'g' },
        ],
      }),
    );
    const effects = broken.compiled(user, NOWHERE).statements.map(({ effect }) => effect);
    expect(effects).toEqual(['Deny', 'Allow']);
    expect(broken.deniersOf(user)).toEqual({ policies: [], groups: ['g'] });
  });

  it('compiles a list of policies once', () => {
    expect(snapshot.compiled(user, NOWHERE)).toBe(snapshot.compiled({ userId: 'u', groups: ['g', 'h'] }, NOWHERE));
  });
});
