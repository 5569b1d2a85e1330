/** Reads the arguments of `npm run traces`: a verb, perhaps an id, and the API's own parameters as options. */
import { splitOption } from '../kernel/command-option.js';

export type TracesVerb = 'search' | 'tail' | 'show' | 'stats';

export interface TracesArguments {
  readonly verb: TracesVerb;
  /** The trace to show. */
  readonly id: string | null;
  /** Parameters of the API by their names there; `--not-user x` is `-user=x`. The service judges them. */
  readonly query: Readonly<Record<string, readonly string[]>>;
  readonly json: boolean;
  readonly follow: boolean;
  /** `search`: every page, not only the first. */
  readonly all: boolean;
}

export const TRACES_USAGE = `usage: npm run traces -- search [--from T] [--to T] [--FILTER VALUE …] [--not-FILTER VALUE …] [--text T] [--order asc|desc] [--limit N] [--all] [--json]
       npm run traces -- tail [--FILTER VALUE …] [--limit N] [--follow] [--json]
       npm run traces -- show ID [--json]
       npm run traces -- stats [--field F] [--interval 1h] [--FILTER VALUE …] [--json]
FILTER: service-type, resource-type, resource-name, resource-id, trace-name, trace-rating, user, project-id, access-key-id,
source-ip, read-only … (as the API names them); several values by comma, a prefix by value*`;

const VERBS: readonly string[] = ['search', 'tail', 'show', 'stats'] satisfies TracesVerb[];
const FLAGS = ['--json', '--follow', '--all'];

type Parsed =
  { readonly ok: true; readonly value: TracesArguments } | { readonly ok: false; readonly problems: string[] };

export function parseTracesArguments(args: readonly string[]): Parsed {
  const problems: string[] = [];
  const words: string[] = [];
  const flags = new Set<string>();
  const query: Record<string, string[]> = {};
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (FLAGS.includes(arg)) flags.add(arg);
    else if (!arg.startsWith('--')) words.push(arg);
    else {
      const [option, inline] = splitOption(arg);
      const value = inline ?? args[++index];
      if (value === undefined) problems.push(`${option} needs a value`);
      else (query[parameterOf(option)] ??= []).push(value);
    }
  }
  const [verb = '', id, ...rest] = words;
  if (!isVerb(verb)) return { ok: false, problems: [verb === '' ? 'no verb' : `unknown verb ${verb}`, ...problems] };
  if (verb === 'show' && id === undefined) problems.push('show needs the id of a trace');
  const surplus = verb === 'show' ? rest : words.slice(1);
  if (surplus.length > 0) problems.push(`not understood: ${surplus.join(' ')}`);
  if (problems.length > 0) return { ok: false, problems };
  const has = (flag: string): boolean => flags.has(flag);
  return {
    ok: true,
    value: { verb, id: id ?? null, query, json: has('--json'), follow: has('--follow'), all: has('--all') },
  };
}

function isVerb(word: string): word is TracesVerb {
  return VERBS.includes(word);
}

function parameterOf(option: string): string {
  const name = option.slice(2).replaceAll('-', '_');
  return name.startsWith('not_') ? `-${name.slice('not_'.length)}` : name;
}
