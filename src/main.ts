/** Starts the roles asked for, and stops them in order: the first signal drains, the second ends at once. */
import 'reflect-metadata';
import { ConfigError, loadConfig } from './platform/config/load-config.js';
import { serve } from './serve.js';

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function fail(error: unknown): never {
  if (error instanceof ConfigError) {
    say(error.message);
    process.exit(2);
  }
  say(error instanceof Error ? `Quaestor could not start: ${error.message}` : String(error));
  process.exit(1);
}

/** npm passes on the Ctrl-C that a terminal has already sent to the whole group: these are one signal, not two. */
const ECHO_MS = 500;

/** Resolves at the first signal; the second leaves without waiting. */
function untilSignalled(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstAt: number | null = null;
    const note = (signal: NodeJS.Signals): void => {
      firstAt ??= Date.now();
      if (Date.now() - firstAt > ECHO_MS) process.exit(1);
      resolve(signal);
    };
    process.on('SIGINT', note);
    process.on('SIGTERM', note);
  });
}

const signalled = untilSignalled();
try {
  const config = loadConfig();
  const service = await serve(config);
  say(
    `Quaestor serves at ${service.url} (documentation: ${service.url}/docs). Sign in with ${service.dataDir}/credentials.json.`,
  );
  await signalled;
  say('Stopping …');
  setTimeout(() => {
    say('The work in hand did not end in time.');
    process.exit(1);
  }, config.SHUTDOWN_TIMEOUT_MS + 5_000).unref();
  await service.stop();
  process.exit(0);
} catch (error) {
  fail(error);
}
