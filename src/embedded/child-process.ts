/** Children that neither Ctrl-C in the terminal nor an idle parent shall be bound to. */
import { type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

/** Lets this process end while the child and its pipes are open. */
export function unrefAll(child: ChildProcess): void {
  child.unref();
  for (const stream of child.stdio) {
    if (stream instanceof Socket) stream.unref();
  }
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Resolves when the child has ended or could not be started. To be called right after `spawn`. */
export function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
}
