/** Generated policies and requests: wildcards in actions, URN patterns with inner stars, a condition on one statement in five. */
import { allActions } from '../src/policies/core/action-catalogue.js';
import { splitAction } from '../src/policies/core/action-pattern.js';
import type { AccessRequest, Condition, NamedPolicy, Statement } from '../src/policies/core/policy.js';
import { randomFrom } from './workload.js';

const STATEMENTS_PER_POLICY = 8;
const STATEMENTS_PER_TEAM = 5;
/** Statements that speak of every resource; more would match more, however many there are in all. */
const MOST_EVERYWHERE = 20;
const NOW = Date.UTC(2026, 0, 15);

type Random = () => number;

function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** Actions of the catalogue by service and resource type. */
function actionsByType(): (readonly [service: string, type: string, operations: readonly string[]])[] {
  const types = new Map<string, string[]>();
  for (const { action } of allActions()) {
    const [service = '', type = '', operation = ''] = splitAction(action) ?? [];
    if (type === '') continue;
    const key = `${service}:${type}`;
    types.set(key, [...(types.get(key) ?? []), operation]);
  }
  return [...types].map(([key, operations]) => {
    const [service = '', type = ''] = key.split(':');
    return [service, type, operations] as const;
  });
}

const TYPES = actionsByType();

/** The same seed gives the same policies. */
export function policyWorkload(statements: number, seed = 1): NamedPolicy[] {
  const random = randomFrom(seed);
  const teams = Math.max(1, Math.ceil(statements / STATEMENTS_PER_TEAM));
  const everywhere = Math.min(MOST_EVERYWHERE, Math.floor(statements / 20));
  const all = Array.from({ length: statements }, (_, index) => statementOf(random, teams, index < everywhere));
  return Array.from({ length: Math.ceil(statements / STATEMENTS_PER_POLICY) }, (_, index) => ({
    id: `p${index}`,
    name: `policy-${index}`,
    version: 'v1',
    policy: {
      version: '5.0',
      statements: all.slice(index * STATEMENTS_PER_POLICY, (index + 1) * STATEMENTS_PER_POLICY),
      depends: [],
    },
  }));
}

function statementOf(random: Random, teams: number, everywhere: boolean): Statement {
  const [service, type, operations] = pick(random, TYPES);
  const actions = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
    const operation = pick(random, operations);
    const kind = random();
    if (kind < 0.4) return `${service}:${type}:${operation}`;
    return `${service}:${type}:${kind < 0.8 ? operation.slice(0, 3) : ''}*`;
  });
  const resources = Array.from(
    { length: random() < 0.3 ? 2 : 1 },
    () => `${service}:*:*:${type}:${pathPattern(random, teams)}`,
  );
  return {
    sid: null,
    effect: random() < 0.1 ? 'Deny' : 'Allow',
    actions: { negated: false, patterns: actions },
    resources: everywhere ? null : { negated: false, form: 'urn', patterns: resources },
    conditions: everywhere || random() < 0.2 ? [conditionOf(random)] : [],
  };
}

function pathPattern(random: Random, teams: number): string {
  const team = `team-${Math.floor(random() * teams)}`;
  const app = `app-${Math.floor(random() * 50)}`;
  const kind = random();
  if (kind < 0.3) return `${team}/*`;
  if (kind < 0.55) return `${team}/*/${app}`;
  if (kind < 0.75) return `${team}/stage-*/${app}*`;
  if (kind < 0.9) return `${team}/stage-1/${app}`;
  return `*/stage-${Math.floor(random() * 3)}/${app}-${Math.floor(random() * teams)}`;
}

function conditionOf(random: Random): Condition {
  const users = Array.from({ length: 3 }, () => `user-${Math.floor(random() * 40)}`);
  return pick(random, [
    { operator: 'StringEquals', key: 'g:UserName', values: users },
    { operator: 'StringMatch', key: 'g:UserName', values: ['user-1*', 'admin-*'] },
    { operator: 'StringNotEquals', key: 'g:ProjectName', values: ['sandbox'] },
    { operator: 'Bool', key: 'g:MFAPresent', values: ['true'] },
    { operator: 'NumberLessThan', key: 'g:MFAAge', values: ['600'] },
    { operator: 'IpAddress', key: 'g:SourceIp', values: ['10.0.0.0/16', '192.168.1.0/24'] },
  ]);
}

/** Two in three ask for what some statement speaks of; the others are of a random action and team. */
export function requestWorkload(statements: number, count: number, seed = 2): AccessRequest[] {
  const random = randomFrom(seed);
  const teams = Math.max(1, Math.ceil(statements / STATEMENTS_PER_TEAM));
  const written = policyWorkload(statements).flatMap(({ policy }) => policy.statements);
  return Array.from({ length: count }, () => {
    const aimed = random() < 2 / 3 ? pick(random, written) : null;
    const [service, type, operations] = pick(random, TYPES);
    const action = aimed === null ? `${service}:${type}:${pick(random, operations)}` : concrete(random, aimed);
    const [itsService = '', itsType = ''] = action.split(':');
    const pattern = aimed?.resources ? pick(random, aimed.resources.patterns) : null;
    const path = (pattern?.split(':').at(-1) ?? `team-${Math.floor(random() * teams)}/*`).split('*');
    const filled = path.reduce(
      (text, part) => `${text}${text === '' && path[0] === '' ? 'team-7' : `stage-${Math.floor(random() * 3)}`}${part}`,
    );
    return { action, resource: `${itsService}:cn-north-4:d1:${itsType}:${filled}`, context: contextOf(random) };
  });
}

/** An action of the catalogue that the statement's first pattern matches. */
function concrete(random: Random, { actions }: Statement): string {
  const [service = '', type = '', operation = ''] = (actions.patterns[0] ?? '').split(':');
  const [, , operations = []] = TYPES.find(([itsService, itsType]) => itsService === service && itsType === type) ?? [];
  const prefix = operation.replace('*', '');
  return `${service}:${type}:${pick(
    random,
    operations.filter((one) => one.startsWith(prefix)),
  )}`;
}

function contextOf(random: Random): AccessRequest['context'] {
  return {
    'g:UserName': `user-${Math.floor(random() * 40)}`,
    'g:ProjectName': random() < 0.2 ? 'sandbox' : 'cn-north-4',
    'g:MFAPresent': random() < 0.5,
    'g:MFAAge': Math.floor(random() * 2_000),
    'g:SourceIp': random() < 0.5 ? '10.0.7.9' : '172.16.3.4',
    'g:CurrentTime': NOW,
  };
}
