/**
 * The whole story, step after step: what `npm run demo` tells, the end-to-end test asserts, and the faults run against a
 * service that is killed meanwhile. It uses nothing but HTTP and the topic, as any client does.
 */
import { openingSteps } from './opening.steps.js';
import { proofSteps } from './proof.steps.js';
import { quotaSteps } from './quota.steps.js';
import { requestSteps } from './request.steps.js';
import { type Stage, type Step, Story } from './story.js';

/** In the order of telling; each builds on those before it. */
export const STEPS: readonly Step[] = [
  ...openingSteps,
  quotaSteps.reachLimit,
  quotaSteps.refuseNext,
  requestSteps.askForMore,
  requestSteps.notByHimself,
  requestSteps.grantSeven,
  quotaSteps.useGrant,
  ...proofSteps,
];

export interface Outcome {
  /** All steps of the story, told or not. */
  readonly steps: number;
  /** 1 when a step failed: the story ends there. */
  readonly failed: number;
  readonly failedStep?: { readonly number: number; readonly title: string; readonly reason: string };
}

/** Never throws: a step that fails is the outcome. */
export async function runStory(stage: Stage): Promise<Outcome> {
  const story = new Story(stage);
  try {
    for (const [index, step] of STEPS.entries()) {
      const failedStep = await tellStep(story, index + 1, step);
      if (failedStep !== null) return { steps: STEPS.length, failed: 1, failedStep };
    }
    return { steps: STEPS.length, failed: 0 };
  } finally {
    await story.close();
  }
}

async function tellStep(story: Story, number: number, step: Step): Promise<Outcome['failedStep'] | null> {
  const { teller, persistence } = story.stage;
  const startedAt = performance.now();
  teller.begin(number, step.title, step.why);
  try {
    persistence.signal.throwIfAborted();
    await step.run(story);
    teller.end(number, performance.now() - startedAt);
    return null;
  } catch (error) {
    const reason = persistence.signal.aborted ? 'interrupted' : error instanceof Error ? error.message : String(error);
    teller.fail(number, step.title, reason);
    return { number, title: step.title, reason };
  }
}
