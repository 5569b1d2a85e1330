/** Reads the arguments of `npm run demo`, naming everything that is wrong with them. */
import { splitOption } from '../kernel/command-option.js';

export interface DemoArguments {
  readonly json: boolean;
  /** Seconds to wait for a service that is away, from the beginning on; null: start one where none runs. */
  readonly patienceS: number | null;
}

export const DEMO_USAGE = `usage: npm run demo -- [--json] [--patience SECONDS]
--json      each step as one JSON object on stdout
--patience  works on a running service only, and waits so long for it whenever it is away`;

type Parsed =
  { readonly ok: true; readonly value: DemoArguments } | { readonly ok: false; readonly problems: string[] };

const MOST_PATIENCE_S = 3_600;

export function parseDemoArguments(args: readonly string[]): Parsed {
  const problems: string[] = [];
  let json = false;
  let patienceS: number | null = null;
  for (let index = 0; index < args.length; index++) {
    const [name, inline] = splitOption(args[index] ?? '');
    if (name === '--json' && inline === undefined) json = true;
    else if (name === '--patience') {
      const value = inline ?? args[++index] ?? '';
      patienceS = /^\d+$/.test(value) ? Number(value) : NaN;
      if (!(patienceS >= 1 && patienceS <= MOST_PATIENCE_S))
        problems.push(`--patience: "${value}" is not a number of seconds from 1 to ${String(MOST_PATIENCE_S)}`);
    } else problems.push(`not understood: ${args[index] ?? ''}`);
  }
  return problems.length === 0 ? { ok: true, value: { json, patienceS } } : { ok: false, problems };
}
