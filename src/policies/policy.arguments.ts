/** Reads the arguments of `npm run policy`, naming everything that is wrong with them. */
import { splitOption } from '../kernel/command-option.js';
import { nearest } from '../platform/http/nearest.js';
import type { RequestContext } from './core/policy.js';

export type PolicyArguments =
  | { readonly verb: 'check' | 'test'; readonly paths: readonly string[] }
  | {
      readonly verb: 'explain';
      readonly paths: readonly string[];
      readonly action: string;
      readonly resource: string | null;
      readonly context: RequestContext;
    };

type Parsed =
  { readonly ok: true; readonly value: PolicyArguments } | { readonly ok: false; readonly problems: readonly string[] };

export const POLICY_USAGE = `usage: npm run policy -- check FILE…
       npm run policy -- explain FILE… --action A [--resource URN] [--context JSON]
       npm run policy -- test PATH…`;

const VERBS = ['check', 'explain', 'test'] as const;
const OPTIONS = ['--action', '--resource', '--context'];

export function parsePolicyArguments(args: readonly string[]): Parsed {
  const problems: string[] = [];
  const { words, options } = readWords(args, problems);
  const [given, ...paths] = words;
  const verb = VERBS.find((one) => one === given);
  if (verb === undefined) problems.push(given === undefined ? 'say what to do' : unknown('what to do', given, VERBS));
  if (paths.length === 0) problems.push('name at least one file');
  if (verb !== 'explain' && options.size > 0) problems.push(`${[...options.keys()].join(', ')}: only with explain`);
  const action = options.get('--action');
  if (verb === 'explain' && action === undefined) problems.push('--action is missing');
  const context = readContext(options.get('--context'), problems);
  if (verb === undefined || problems.length > 0) return { ok: false, problems };
  if (verb !== 'explain') return { ok: true, value: { verb, paths } };
  const resource = options.get('--resource') ?? null;
  return { ok: true, value: { verb, paths, action: action ?? '', resource, context } };
}

function readWords(
  args: readonly string[],
  problems: string[],
): { words: string[]; options: ReadonlyMap<string, string> } {
  const words: string[] = [];
  const options = new Map<string, string>();
  for (let index = 0; index < args.length; index++) {
    const [name, inline] = splitOption(args[index] ?? '');
    if (!name.startsWith('--')) words.push(name);
    else if (!OPTIONS.includes(name)) problems.push(unknown('option', name, OPTIONS));
    else {
      const value = inline ?? args[++index];
      if (value === undefined || value === '') problems.push(`${name} needs a value`);
      else if (options.has(name)) problems.push(`${name} is given twice`);
      else options.set(name, value);
    }
  }
  return { words, options };
}

function readContext(text: string | undefined, problems: string[]): RequestContext {
  if (text === undefined) return {};
  try {
    const value = JSON.parse(text) as unknown;
    if (isContext(value)) return value;
  } catch {
    // Told below, like every other shape that is not wanted.
  }
  problems.push('--context must be a JSON object of texts, numbers, booleans, or arrays of them');
  return {};
}

function isContext(value: unknown): value is RequestContext {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const isScalar = (item: unknown): boolean => item === null || ['string', 'number', 'boolean'].includes(typeof item);
  return Object.values(value).every((item: unknown) => isScalar(item) || (Array.isArray(item) && item.every(isScalar)));
}

function unknown(what: string, given: string, known: readonly string[]): string {
  const meant = nearest(given, known);
  return `unknown ${what} ${given}; ${meant === null ? `there are: ${known.join(', ')}` : `did you mean ${meant}?`}`;
}
