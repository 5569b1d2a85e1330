/** Ends a detached process when this one dies, however it dies: a shell waits for the end of a pipe that only we hold open. */
import { spawn } from 'node:child_process';
import { hasEnded, unrefAll } from './child-process.js';
import { signal } from './processes.js';

export interface Watchdog {
  /** To be called as soon as the watched process has ended, since its number may soon be somebody else's. */
  dismiss(): void;
}

const script = 'trap "" INT TERM HUP; read -r line; kill -"$0" "$1"';

/** Watches `pid`; on our death it gets the signal. Without a POSIX shell (Windows) nothing watches. */
export function watch(pid: number, name: 'INT' | 'TERM'): Watchdog {
  if (process.platform === 'win32') return { dismiss: () => undefined };
  const shell = spawn('/bin/sh', ['-c', script, name, String(pid)], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without it the orphan is found by the next start: worth no failure.
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  unrefAll(shell);
  return {
    dismiss: () => {
      if (shell.pid !== undefined && !hasEnded(shell)) signal(shell.pid, 'SIGKILL');
    },
  };
}
