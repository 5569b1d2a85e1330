import { retentionCommand, type RetentionCommandContext } from './retention.command.js';
import type { RetentionResult } from './retention.service.js';

const RESULT: RetentionResult = {
  dropped: [{ partition: 'traces_20260101', from: 1, to: 2, rows: 3 }],
  created: [{ partition: 'traces_20260110', from: 4, to: 5, rows: 0 }],
  problems: [],
};

async function command(args: string[], result: RetentionResult | null = RESULT) {
  const out: string[] = [];
  const err: string[] = [];
  const retention = { run: jest.fn(() => Promise.resolve(result)), dryRun: jest.fn(() => Promise.resolve(RESULT)) };
  const context: RetentionCommandContext = {
    retention,
    stdout: (line) => void out.push(line),
    stderr: (line) => void err.push(line),
  };
  const open = jest.fn(() => Promise.resolve(context));
  const code = await retentionCommand(args, open, (line) => void err.push(line));
  return { code, out, err, retention, open };
}

describe('retentionCommand', () => {
  it('runs once and ends with the result on one line', async () => {
    const { code, out, retention } = await command([]);
    expect(code).toBe(0);
    expect(retention.run).toHaveBeenCalledWith('command');
    expect(JSON.parse(out.at(-1) ?? '')).toEqual({ dropped: RESULT.dropped, created: RESULT.created });
  });

  it('only tells in a dry run', async () => {
    const { code, out, err, retention } = await command(['--dry-run']);
    expect(code).toBe(0);
    expect(retention.run).not.toHaveBeenCalled();
    expect(err).toContain('would drop traces_20260101: 3 rows');
    expect(JSON.parse(out.at(-1) ?? '')).toEqual({ dropped: RESULT.dropped, created: RESULT.created });
  });

  it('fails when something could not be done, telling what was', async () => {
    const { code, out, err } = await command([], { ...RESULT, problems: ['drop traces_20260102: lock timeout'] });
    expect(code).toBe(1);
    expect(err.join()).toContain('could not drop traces_20260102: lock timeout');
    expect(JSON.parse(out.at(-1) ?? '')).toMatchObject({ dropped: RESULT.dropped });
  });

  it('fails when another process runs retention', async () => {
    expect((await command([], null)).code).toBe(1);
  });

  it('connects to nothing when it is called wrongly', async () => {
    const { code, open, err } = await command(['--dryrun']);
    expect(code).toBe(2);
    expect(open).not.toHaveBeenCalled();
    expect(err.join()).toContain('--dryrun');
  });
});
