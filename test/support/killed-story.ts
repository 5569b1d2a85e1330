/** `npm run demo` while the service it is told on is killed and started again: for the end-to-end test and the faults. */
import { reaches } from './reaches.js';
import { type Environment, type Finished, launch, type Service } from './service.js';

export interface KilledStory {
  /** Of the command: at least `DATA_DIR`, the same for every start of the service. */
  readonly environment: Environment;
  /** After so many calls of the story the service is killed, each time. */
  readonly kills: readonly number[];
  readonly start: () => Promise<Service>;
  readonly kill: (service: Service) => Promise<unknown>;
}

/** How long the story waits for a service that is away: compiling and joining the group, on a busy machine. */
const PATIENCE_S = 180;
/** A call, or what it waits for, may take this long while the service is away. */
const CALLS_LIMIT_MS = 300_000;

/** Calls that the story makes at least; a kill beyond them may come too late. */
export const STORY_CALLS = 40;

/** Starts the service, and stops nothing but what it kills: `start` knows what runs at the end. */
export async function tellWhileKilled({ environment, kills, start, kill }: KilledStory): Promise<Finished> {
  let service = await start();
  const story = launch('demo', ['--patience', String(PATIENCE_S)], environment);
  try {
    for (const calls of [...kills].sort((left, right) => left - right)) {
      const made = (): boolean => story.stderr.split('→').length > calls || !story.running;
      await reaches(`${String(calls)} calls are made`, made, Boolean, CALLS_LIMIT_MS);
      await kill(service);
      service = await start();
    }
    return await story.finished;
  } finally {
    if (story.running) story.child.kill('SIGKILL');
  }
}
