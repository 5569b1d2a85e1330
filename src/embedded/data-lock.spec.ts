import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockDataDirectory } from './data-lock.js';
import { factsOf } from './processes.js';

describe('lockDataDirectory', () => {
  let folder: string;
  const file = (): string => join(folder, 'service.lock');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'quaestor-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('makes the directory, names the owner, and is open again after release', () => {
    const absent = join(folder, 'not', 'there');
    const lock = lockDataDirectory(absent);
    const made = join(absent, 'service.lock');
    expect(JSON.parse(readFileSync(made, 'utf8'))).toMatchObject({ pid: process.pid });
    expect(() => lockDataDirectory(absent)).toThrow(`${absent} is in use by process ${process.pid}`);
    lock.release();
    lock.release();
    expect(existsSync(made)).toBe(false);
    lockDataDirectory(absent).release();
  });

  it('is refused while another living process holds it', () => {
    const startedAt = factsOf(process.ppid)?.startedAt;
    const content = JSON.stringify({ pid: process.ppid, startedAt });
    writeFileSync(file(), content);
    expect(() => lockDataDirectory(folder)).toThrow(`in use by process ${process.ppid}`);
    expect(readFileSync(file(), 'utf8')).toBe(content);
  });

  const ended = spawnSync(process.execPath, ['-e', '']).pid;
  it.each([
    ['a process that has ended', JSON.stringify({ pid: ended, startedAt: '1' })],
    ['a process whose number another one has now', JSON.stringify({ pid: process.pid, startedAt: 'earlier' })],
    ['nobody, since its maker died before it wrote', ''],
    ['something else', '[]'],
  ])('is taken over from %s', (_who, content) => {
    writeFileSync(file(), content);
    const lock = lockDataDirectory(folder);
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({ pid: process.pid });
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });
});
