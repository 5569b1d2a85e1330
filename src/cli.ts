/** Everything that `npm run NAME` can do beside `start` and `test`, by name. */
import 'reflect-metadata';
import { ConfigError } from './platform/config/load-config.js';

/** Exit code: 0 done, 1 failed, 2 wrong usage or configuration (contracts.md, Commands). */
type Command = (args: string[]) => Promise<number>;

/** Loaded when asked for, so that no command pays for another's imports. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  bench: async () => (await import('../bench/bench.command.js')).benchCommand,
  'break-glass': async () => (await import('./commands/break-glass.command.js')).breakGlass,
  demo: async () => (await import('./commands/demo.command.js')).demo,
  dlq: async () => (await import('./commands/dlq.command.js')).dlq,
  generate: async () => (await import('./commands/generate.command.js')).generateCommand,
  kafka: async () => (await import('./embedded/index.js')).kafkaCommand,
  migrate: async () => (await import('./commands/migrate.command.js')).migrateCommand,
  policy: async () => (await import('./commands/policy.command.js')).policy,
  replay: async () => (await import('./commands/replay.command.js')).replay,
  retention: async () => (await import('./commands/retention.command.js')).retention,
  'rotate-key': async () => (await import('./commands/rotate-key.command.js')).rotateKey,
  traces: async () => (await import('./commands/traces.command.js')).traces,
};

export async function run(name: string, args: string[]): Promise<number> {
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    console.error(`unknown command ${name}; there are: ${Object.keys(COMMANDS).join(', ')}`);
    return 2;
  }
  try {
    return await (
      await load()
    )(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return error instanceof ConfigError ? 2 : 1;
  }
}
