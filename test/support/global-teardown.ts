import { rmSync } from 'node:fs';

export default async function globalTeardown(): Promise<void> {
  const stack = globalThis.quaestorTestStack;
  if (!stack) return;
  await stack.postgres.stop();
  rmSync(stack.dataDir, { recursive: true, force: true });
}
