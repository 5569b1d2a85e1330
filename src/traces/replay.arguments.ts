/** Reads the arguments of `npm run replay`, naming everything that is wrong with them. */
import { splitOption } from '../kernel/command-option.js';

export interface ReplayArguments {
  readonly files: readonly string[];
  readonly endAtMs: number | null;
  readonly eachAtMs: number | null;
  readonly own: boolean;
  /** Events a second; null: as fast as they are taken. */
  readonly rate: number | null;
  readonly repeat: number;
  readonly dryRun: boolean;
}

export const REPLAY_USAGE =
  'usage: npm run replay -- FILE… [--end-at now|INSTANT] [--each-at now|INSTANT] [--own] [--rate N] [--repeat N] [--dry-run]';

type Parsed =
  { readonly ok: true; readonly value: ReplayArguments } | { readonly ok: false; readonly problems: string[] };
type Draft = { -readonly [Name in keyof ReplayArguments]: ReplayArguments[Name] } & { files: string[] };

const VALUED = new Set(['--end-at', '--each-at', '--rate', '--repeat']);

/** @param now epoch ms that `now` stands for, the same wherever it is said */
export function parseReplayArguments(args: readonly string[], now: number): Parsed {
  const problems: string[] = [];
  const draft: Draft = { files: [], endAtMs: null, eachAtMs: null, own: false, rate: null, repeat: 1, dryRun: false };
  for (let index = 0; index < args.length; index++) {
    const [name, inline] = splitOption(args[index] ?? '');
    if (!name.startsWith('--')) draft.files.push(name);
    else if (name === '--own') draft.own = true;
    else if (name === '--dry-run') draft.dryRun = true;
    else if (VALUED.has(name)) setValue(draft, name, inline ?? args[++index], now, problems);
    else problems.push(`unknown option ${name}`);
  }
  if (draft.files.length === 0) problems.push('no file is named');
  if (draft.endAtMs !== null && draft.eachAtMs !== null) problems.push('--end-at and --each-at exclude each other');
  return problems.length === 0 ? { ok: true, value: draft } : { ok: false, problems };
}

function setValue(draft: Draft, name: string, value: string | undefined, now: number, problems: string[]): void {
  if (value === undefined) {
    problems.push(`${name} needs a value`);
    return;
  }
  if (name === '--end-at' || name === '--each-at') {
    const instant = value === 'now' ? now : parseInstant(value);
    if (instant === null)
      problems.push(`${name}: "${value}" is neither "now" nor an RFC 3339 instant nor epoch milliseconds`);
    else if (name === '--end-at') draft.endAtMs = instant;
    else draft.eachAtMs = instant;
    return;
  }
  const number = Number(value);
  const valid =
    name === '--repeat' ? Number.isSafeInteger(number) && number >= 1 : Number.isFinite(number) && number > 0;
  if (!valid) problems.push(`${name}: "${value}" is not a positive number`);
  else if (name === '--repeat') draft.repeat = number;
  else draft.rate = number;
}

function parseInstant(value: string): number | null {
  if (/^\d{13}$/.test(value)) return Number(value);
  const parsed = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(value)
    ? Date.parse(value)
    : NaN;
  return Number.isNaN(parsed) ? null : parsed;
}
