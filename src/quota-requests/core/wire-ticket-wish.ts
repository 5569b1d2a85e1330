/** What a quota ticket asks for: reads `extends_map` with every problem at once (contracts.md, OSM). */
import { parseInstant } from '../../kernel/time-window.js';
import { TICKET_PARAMETERS, type TicketParameter } from './wire-ticket-configuration.js';

/** In the words of `POST /v1/quota-requests`; whether the scope exists, and fits the quota, is judged there. */
export interface TicketWish {
  readonly quotaKey: string;
  /** `projectId`: '' of a domain and a project. `id`: '' stands for one's own domain. */
  readonly scope: { readonly kind: WishScopeKind; readonly projectId: string; readonly id: string };
  readonly desired: number;
  /** Epoch ms; null: for good. */
  readonly untilMs: number | null;
}

const KINDS = ['domain', 'project', 'user', 'instance'] as const;
type WishScopeKind = (typeof KINDS)[number];

/** A fault of one member of `extends_map`. */
export interface WishProblem {
  readonly key: string;
  readonly message: string;
}

export type WishResult =
  { readonly ok: true; readonly wish: TicketWish } | { readonly ok: false; readonly problems: readonly WishProblem[] };

type Values = ReadonlyMap<string, string>;

/** Ids come from directories that are not ours: any printable text without blanks. */
const ID = /^[^\p{C}\s]{1,64}$/u;
const QUOTA_KEY = /^[a-z][a-z0-9_.-]{0,63}$/;

/** @param projectId of the ticket itself, where `extends_map` names none */
export function readWish(given: unknown, projectId: string | undefined): WishResult {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { ok: false, problems: [{ key: '', message: 'is required: an object that says what is asked for' }] };
  const members = Object.entries(given).filter(([, value]) => value !== null && value !== '');
  const problems: WishProblem[] = unknownMembers(members);
  const values: Values = new Map(
    TICKET_PARAMETERS.flatMap((parameter) => {
      const entry = members.find(([key]) => key === parameter.key);
      const text = readValue(parameter, entry?.[1], problems);
      return text === null ? [] : [[parameter.key, text] as const];
    }),
  );
  const [kind, scope] = readScope(values, projectId, problems);
  const untilMs = readUntil(values, problems);
  if (problems.length > 0 || kind === null) return { ok: false, problems };
  return {
    ok: true,
    wish: {
      quotaKey: values.get('quota_key') ?? '',
      scope: { kind, ...scope },
      desired: Number(values.get('desired')),
      untilMs,
    },
  };
}

function unknownMembers(members: readonly (readonly [string, unknown])[]): WishProblem[] {
  const known = new Set(TICKET_PARAMETERS.map(({ key }) => key));
  return members
    .filter(([key]) => !known.has(key))
    .map(([key]) => ({ key, message: `is not known; there are ${[...known].join(', ')}` }));
}

/** Forms send numbers as text, programs as numbers: both are taken. Null where the member is left out, or wrong. */
function readValue(parameter: TicketParameter, value: unknown, problems: WishProblem[]): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  const message = valueFault(parameter, text);
  if (message !== null) problems.push({ key: parameter.key, message });
  return message === null && typeof text === 'string' ? text : null;
}

function valueFault({ key, required, range, length }: TicketParameter, text: unknown): string | null {
  if (text === undefined) return required ? 'is required' : null;
  if (typeof text !== 'string') return 'must be text or a number';
  if (range !== null) {
    const number = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN;
    return number >= range.least && number <= range.most
      ? null
      : `must be an integer from ${String(range.least)} to ${String(range.most)}`;
  }
  if (length !== null && text.length > length) return `must have at most ${String(length)} characters`;
  if (key === 'quota_key' && !QUOTA_KEY.test(text))
    return 'must be lower-case letters, digits, "_", "." or "-", a letter first';
  if ((key === 'scope_id' || key === 'project_id') && !ID.test(text)) return 'must be printable and without blanks';
  return null;
}

function readScope(
  values: Values,
  projectId: string | undefined,
  problems: WishProblem[],
): [WishScopeKind | null, { projectId: string; id: string }] {
  const none = { projectId: '', id: '' };
  const given = values.get('scope_kind');
  if (given === undefined) return [null, none];
  const kind = KINDS.find((known) => known === given);
  if (kind === undefined) {
    problems.push({ key: 'scope_kind', message: `must be one of ${KINDS.join(', ')}` });
    return [null, none];
  }
  const id = values.get('scope_id') ?? '';
  const project = values.get('project_id') ?? projectId ?? '';
  if (kind === 'domain') return [kind, { projectId: '', id }];
  if (kind === 'project') {
    if (id === '' && project === '') problems.push({ key: 'scope_id', message: 'is required: the id of the project' });
    return [kind, { projectId: '', id: id === '' ? project : id }];
  }
  if (id === '' && !named(problems, 'scope_id'))
    problems.push({ key: 'scope_id', message: `is required: the id of the ${kind}` });
  if (project === '' && !named(problems, 'project_id'))
    problems.push({ key: 'project_id', message: `is required: the project of the ${kind}` });
  return [kind, { projectId: project, id }];
}

/** Whether a fault of the member is told already. */
function named(problems: readonly WishProblem[], key: string): boolean {
  return problems.some((problem) => problem.key === key);
}

function readUntil(values: Values, problems: WishProblem[]): number | null {
  const text = values.get('until');
  if (text === undefined) return null;
  const instant = parseInstant(text);
  if (instant === null) problems.push({ key: 'until', message: 'must be epoch milliseconds or an RFC 3339 instant' });
  return instant;
}
