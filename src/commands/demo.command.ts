/** `npm run demo`: the whole story, on the running service or on one that is started for it and stopped again. */
import { loadConfig } from '../platform/config/load-config.js';
import type { Config } from '../platform/config/config.schema.js';
import { serve } from '../serve.js';
import { ServiceUnavailable } from './api-client.js';
import { DEMO_USAGE, parseDemoArguments } from './demo.arguments.js';
import { type Outcome, runStory } from './demo/run-story.js';
import type { Stage } from './demo/story.js';
import { jsonTeller, plainTeller } from './demo/told-story.js';
import { type RunningService, runningService } from './running-service.js';
import { styleFor } from './terminal.js';

/** A service may be busy for a moment. */
const PATIENCE_MS = 10_000;
/** For what takes the way of all traces; on a loaded machine that is seconds, after a rebalance many. */
const DEADLINE_MS = 60_000;
const ALIVE_TIMEOUT_MS = 3_000;
/** npm runs its scripts in the folder of the project. */
const WEEK_FILE = 'samples/swr-week.ndjson';

export async function demo(args: readonly string[]): Promise<number> {
  const parsed = parseDemoArguments(args);
  if (!parsed.ok) {
    console.error(`${parsed.problems.join('\n')}\n${DEMO_USAGE}`);
    return 2;
  }
  const { json, patienceS } = parsed.value;
  const config = loadConfig();
  const style = styleFor(process.stderr.isTTY);
  const teller = json ? jsonTeller((line) => console.log(line)) : plainTeller((line) => console.error(line), style);
  const stopped = new AbortController();
  process.once('SIGINT', () => stopped.abort());
  process.once('SIGTERM', () => stopped.abort());
  const patienceMs = patienceS === null ? PATIENCE_MS : patienceS * 1_000;
  const startedAt = Date.now();
  const service = await openService(config, patienceS !== null);
  let outcome: Outcome;
  try {
    console.error(`Quaestor at ${service.url}${service.told}\n`);
    outcome = await runStory({
      config,
      locate: () => located(config),
      teller,
      persistence: { patienceMs, deadlineMs: DEADLINE_MS + patienceMs, signal: stopped.signal },
      weekFile: WEEK_FILE,
    } satisfies Stage);
  } finally {
    await service.close();
  }
  const { steps, failed, failedStep } = outcome;
  if (failedStep !== undefined)
    console.error(`step ${String(failedStep.number)} failed: ${failedStep.title}: ${failedStep.reason}`);
  else console.error(`The story was told in ${((Date.now() - startedAt) / 1_000).toFixed(1)} s.`);
  console.log(JSON.stringify({ steps, failed, ...(failedStep && { failed_step: failedStep.number }) }));
  return failed === 0 ? 0 : 1;
}

interface OpenService {
  readonly url: string;
  readonly told: string;
  close(): Promise<void>;
}

/** What runs on the data directory, as it is; where nothing does, a service of our own on the same configuration and data. */
async function openService(config: Config, mustRun: boolean): Promise<OpenService> {
  const running = await answering(config);
  if (running !== null || mustRun) return { url: running?.http ?? '(away)', told: '', close: () => Promise.resolve() };
  console.error('No service runs here; starting one for the story …');
  // Its log would stand among the results; what a person must know of comes all the same.
  const service = await serve({ ...config, PORT: 0, LOG_LEVEL: 'error' }, { logTo: process.stderr });
  return {
    url: service.url,
    told: `, started for this story; its data stays in ${config.DATA_DIR}`,
    close: async () => {
      console.error('Stopping the service …');
      await service.stop();
    },
  };
}

/** Null where none runs, or one that was killed left its files. */
async function answering(config: Config): Promise<RunningService | null> {
  try {
    const service = runningService(config);
    await fetch(`${service.http}/healthz`, { signal: AbortSignal.timeout(ALIVE_TIMEOUT_MS) });
    return service;
  } catch {
    return null;
  }
}

function located(config: Config): RunningService {
  try {
    return runningService(config);
  } catch (error) {
    throw new ServiceUnavailable(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
