/** `npm run break-glass -- --user NAME`: the result goes to stdout, its last line one JSON object; everything else to stderr. */
import { splitOption } from '../kernel/command-option.js';
import type { Restored } from './break-glass.service.js';

export interface BreakGlassContext {
  readonly restore: (userName: string) => Promise<Restored>;
  readonly stdout: (line: string) => void;
  readonly stderr: (line: string) => void;
}

const USAGE = 'usage: npm run break-glass -- --user NAME';

/**
 * Exit code: 0 done, 2 wrong usage; throws when there is no such enabled user in the operator domain.
 *
 * @param open connects only when the arguments are right
 */
export async function breakGlassCommand(
  args: readonly string[],
  open: () => Promise<BreakGlassContext>,
  usage: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
): Promise<number> {
  const userName = userOf(args);
  if (userName === null) {
    usage(USAGE);
    return 2;
  }
  const { restore, stdout, stderr } = await open();
  const { userName: restored, detached, left } = await restore(userName);
  if (detached.length > 0) stderr(`detached, for what they deny: ${detached.join(', ')}`);
  if (left.length > 0) stderr(`taken out of these groups, for what they deny: ${left.join(', ')}`);
  stdout(JSON.stringify({ restored }));
  return 0;
}

function userOf(args: readonly string[]): string | null {
  const [option = '', next, ...more] = args;
  const [name, inline] = splitOption(option);
  const value = inline ?? next;
  const left = inline === undefined ? more.length : args.length - 1;
  return name === '--user' && left === 0 && value !== undefined && value !== '' ? value : null;
}
