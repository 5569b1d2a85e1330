/** The story of `npm run demo`, told to its end while the service is killed again and again. */
import { randomFrom } from '../../bench/workload.js';
import { STORY_CALLS, tellWhileKilled } from '../support/killed-story.js';
import { resultOf } from '../support/service.js';
import type { Fault } from './fault.js';
import { onStage } from './trial.js';

export const storyKilled: Fault = {
  number: 10,
  name: 'the story of npm run demo is told while the service is killed (kill -9) at random',
  play: ({ short, seed }) =>
    onStage(async (stage) => {
      const random = randomFrom(seed);
      const kills = Array.from({ length: short ? 2 : 8 }, () => 1 + Math.floor(random() * STORY_CALLS));
      // The story signs in with the password that was generated.
      const environment = stage.environment({ BOOTSTRAP_PASSWORD: '' });
      let starts = 0;
      const finished = await tellWhileKilled({
        environment,
        kills,
        start: () => {
          starts += 1;
          return stage.start(environment);
        },
        kill: (service) => stage.kill(service),
      });
      const { steps, failed } = resultOf<{ steps: number; failed: number }>(finished);
      const audit = await stage.audit();
      return {
        sent: `the story, the service killed after ${kills.sort((a, b) => a - b).join(', ')} calls`,
        found: `${String(steps)} steps told, ${String(failed)} failed; ${String(starts)} starts; gaps ${String(audit.gaps)}, unbalanced ${String(audit.unbalanced)}, evicted ${String(audit.evicted)}`,
        broken:
          failed > 0
            ? `${String(failed)} steps failed`
            : audit.gaps + audit.unbalanced + audit.evicted > 0
              ? 'coverage'
              : null,
      };
    }),
};
