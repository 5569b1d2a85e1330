/** `npm run retention -- [--dry-run]`: one run now. Progress goes to stderr, the result to stdout, its last line one JSON object. */
import type { RetentionResult } from './retention.service.js';

/** What the command needs of a {@link RetentionService}, and where it writes. */
export interface RetentionCommandContext {
  readonly retention: {
    run(trigger: 'command'): Promise<RetentionResult | null>;
    dryRun(): Promise<RetentionResult>;
  };
  readonly stdout: (line: string) => void;
  readonly stderr: (line: string) => void;
}

const USAGE = 'usage: npm run retention -- [--dry-run]';

/**
 * Exit code: 0 done, 1 something could not be done or another run is under way, 2 wrong usage.
 *
 * @param open connects only when the arguments are right
 */
export async function retentionCommand(
  args: readonly string[],
  open: () => Promise<RetentionCommandContext>,
  usage: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
): Promise<number> {
  const unknown = args.filter((arg) => arg !== '--dry-run');
  if (unknown.length > 0) {
    usage(`${USAGE}\nnot understood: ${unknown.join(' ')}`);
    return 2;
  }
  const { retention, stdout, stderr } = await open();
  const dryRun = args.includes('--dry-run');
  const result = dryRun ? await retention.dryRun() : await retention.run('command');
  if (result === null) {
    stderr('another process is running retention just now; nothing was done');
    return 1;
  }
  for (const { partition, rows } of result.dropped) {
    stderr(`${dryRun ? 'would drop' : 'dropped'} ${partition}: ${String(rows)} rows`);
  }
  for (const { partition } of result.created) stderr(`${dryRun ? 'would make' : 'made'} ${partition}`);
  for (const problem of result.problems) stderr(`could not ${problem}`);
  stdout(JSON.stringify({ dropped: result.dropped, created: result.created }));
  return result.problems.length === 0 ? 0 : 1;
}
