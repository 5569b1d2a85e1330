/** Reads the arguments of `npm run dlq`, naming everything that is wrong with them. */
import { splitOption } from '../kernel/command-option.js';
import { nearest } from '../platform/http/nearest.js';
import { DEAD_LETTER_STATES } from './core/dead-letter-state.js';
import { REFUSAL_REASONS } from './core/refusal.js';

const VERBS = ['list', 'show', 'replay', 'drop'] as const;
export type DeadLetterVerb = (typeof VERBS)[number];

export interface DeadLetterArguments {
  readonly verb: DeadLetterVerb;
  readonly ids: readonly string[];
  /** Names separated by commas. */
  readonly filters: { readonly reason?: string; readonly state?: string; readonly domainId?: string };
  readonly all: boolean;
  /** Why, for the row and its trace. */
  readonly why: string | null;
}

export const DEAD_LETTER_USAGE = `usage: npm run dlq -- list [--all] [FILTER …]
       npm run dlq -- show ID
       npm run dlq -- replay|drop ID… [--why TEXT]
       npm run dlq -- replay|drop --all [FILTER …] [--why TEXT]
FILTER: --reason R[,R…], --state S[,S…], --domain ID. Without --state, replay and drop take those that are new.`;

type Parsed =
  | { readonly ok: true; readonly value: DeadLetterArguments }
  | { readonly ok: false; readonly problems: readonly string[] };

const VALUED = ['--reason', '--state', '--domain', '--why'] as const;
const OPTIONS: readonly string[] = [...VALUED, '--all'];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function parseDeadLetterArguments(args: readonly string[]): Parsed {
  const problems: string[] = [];
  const { words, values, all } = readOptions(args, problems);
  const [given, ...named] = words;
  const verb = VERBS.find((one) => one === given);
  if (verb === undefined)
    problems.push(given === undefined ? `say what to do: ${VERBS.join(', ')}` : unknown('what to do', given, VERBS));
  const ids = [...new Set(named.map((id) => id.toLowerCase()))];
  problems.push(...ids.filter((id) => !UUID.test(id)).map((id) => `"${id}" is not the id of a dead letter`));
  problems.push(...unknownNames('reason', values.get('--reason'), REFUSAL_REASONS));
  problems.push(...unknownNames('state', values.get('--state'), DEAD_LETTER_STATES));
  if (verb !== undefined) problems.push(...misuse(verb, ids, all, values));
  if (verb === undefined || problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { verb, ids, all, filters: filtersOf(verb, values), why: values.get('--why') ?? null } };
}

function readOptions(
  args: readonly string[],
  problems: string[],
): { words: string[]; values: Map<string, string>; all: boolean } {
  const words: string[] = [];
  const values = new Map<string, string>();
  let all = false;
  for (let index = 0; index < args.length; index++) {
    const [name, inline] = splitOption(args[index] ?? '');
    if (!name.startsWith('--')) words.push(name);
    else if (name === '--all') all = true;
    else if (!OPTIONS.includes(name)) problems.push(unknown('option', name, OPTIONS));
    else {
      const value = inline ?? args[++index];
      if (value === undefined || value === '') problems.push(`${name} needs a value`);
      // A filter that is repeated widens the choice.
      else values.set(name, values.has(name) && name !== '--why' ? `${values.get(name) ?? ''},${value}` : value);
    }
  }
  return { words, values, all };
}

function misuse(
  verb: DeadLetterVerb,
  ids: readonly string[],
  all: boolean,
  values: ReadonlyMap<string, string>,
): string[] {
  const filtered = ['--reason', '--state', '--domain'].filter((name) => values.has(name));
  const problems: string[] = [];
  if (values.has('--why') && verb !== 'replay' && verb !== 'drop') problems.push(`--why does not go with ${verb}`);
  if (verb === 'list') return ids.length > 0 ? [...problems, 'list takes filters, not ids'] : problems;
  if (verb === 'show' && (ids.length !== 1 || all)) problems.push('show takes one id');
  if (verb !== 'show' && ids.length === 0 && !all) problems.push(`${verb} takes ids, or --all with filters`);
  if (verb !== 'show' && ids.length > 0 && all) problems.push('ids and --all exclude each other');
  if (!all && filtered.length > 0) problems.push(`${filtered.join(', ')}: filters go with --all`);
  return problems;
}

function filtersOf(verb: DeadLetterVerb, values: ReadonlyMap<string, string>): DeadLetterArguments['filters'] {
  const [reason, domainId] = [values.get('--reason'), values.get('--domain')];
  const state = values.get('--state') ?? (verb === 'list' ? undefined : 'new');
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(state === undefined ? {} : { state }),
    ...(domainId === undefined ? {} : { domainId }),
  };
}

function unknownNames(what: string, given: string | undefined, known: readonly string[]): string[] {
  return (given?.split(',') ?? []).filter((name) => !known.includes(name)).map((name) => unknown(what, name, known));
}

function unknown(what: string, given: string, known: readonly string[]): string {
  const meant = nearest(given, known);
  const hint = meant === null ? `there are: ${known.join(', ')}` : `did you mean ${meant}?`;
  return `unknown ${what} ${given}; ${hint}`;
}
