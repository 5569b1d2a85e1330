/** Decides what is stored once more: by what is in force, and with drafts beside it. */
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import { type DirectoryUser, SubjectDirectory } from '../identity/index.js';
import { type StoredOperation, StoredTraces } from '../traces/index.js';
import type { NamedPolicy } from './core/policy.js';
import { ReplayTally } from './core/replay-tally.js';
import { agreed, permits } from './core/verdict.js';
import { renderProgress, renderSummary } from './policy-replay.dto.js';
import type { DomainSnapshot } from './policy-snapshot.js';
import { PolicySnapshots } from './policy-snapshots.service.js';
import { TraceJudge } from './trace-judge.js';
import { TraceDirectory } from './trace-directory.js';
import { type TraceQuestion, TraceQuestions, type Unasked } from './trace-questions.service.js';

export interface Replay {
  readonly domainId: string;
  readonly drafts: readonly NamedPolicy[];
  /** Only what this user did; null: everybody. */
  readonly userId: string | null;
  /** Only what users of this group did; null: everybody. */
  readonly groupId: string | null;
  /** Epoch ms, half-open; null as in {@link StoredTraces.pages}. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/** Users whose compiled policies are kept during one replay. */
const MOST_JUDGES = 1_000;

@Injectable()
export class PolicyReplays {
  constructor(
    private readonly traces: StoredTraces,
    private readonly questions: TraceQuestions,
    private readonly snapshots: PolicySnapshots,
    private readonly subjects: SubjectDirectory,
  ) {}

  /**
   * Lines of NDJSON: one of progress after each page, the summary last. All by the policies of one version, that of the
   * beginning. Throws `QST.BadRequest` for a user or group that the domain has not.
   */
  async start(replay: Replay): Promise<AsyncIterable<string>> {
    const { domainId, userId, groupId } = replay;
    if (userId !== null && (await this.subjects.find(domainId, userId)) === null) throw absent('user_id', 'user');
    if (groupId !== null && !(await this.subjects.hasGroup(domainId, groupId))) throw absent('group_id', 'group');
    const snapshot = await this.snapshots.of(domainId);
    return this.lines(replay, new Judges(snapshot, replay.drafts), new TraceDirectory());
  }

  private async *lines(replay: Replay, judges: Judges, directory: TraceDirectory): AsyncGenerator<string> {
    const tally = new ReplayTally();
    for await (const page of this.traces.pages(replay.domainId, replay.fromMs, replay.toMs)) {
      this.evaluate(page, await this.questions.of(page, directory), { replay, judges, tally });
      yield renderProgress(tally);
    }
    yield renderSummary(tally);
  }

  private evaluate(
    page: readonly StoredOperation[],
    asked: readonly (TraceQuestion | Unasked)[],
    { replay: { userId, groupId }, judges, tally }: { replay: Replay; judges: Judges; tally: ReplayTally },
  ): void {
    page.forEach(({ traceId, recordTime }, index) => {
      const found = asked[index] ?? 'foreign';
      if (typeof found === 'string') {
        if (found === 'foreign' || found === 'unmapped') tally.unmapped += 1;
        else tally.undecided += 1;
        return;
      }
      const { subject, operation, resource } = found;
      if (userId !== null && subject.userId !== userId) return;
      if (groupId !== null && !subject.groups.includes(groupId)) return;
      const [before, after] = decisions(judges.of(subject), found);
      if (before === null || after === null) {
        tally.undecided += 1;
        return;
      }
      const { action, self } = operation;
      const who = { userId: subject.userId, userName: subject.userName };
      tally.add({ traceId, recordTime, ...who, action, resource, self, before, after });
    });
  }
}

/** Null where it hangs on what no trace tells. */
function decisions(judges: readonly [TraceJudge, TraceJudge], question: TraceQuestion) {
  const { self } = question.operation;
  const [before, after] = judges;
  const one = (judge: TraceJudge) => agreed(judge.decisions(question), (decision) => permits(decision, self));
  return [one(before), one(after)] as const;
}

/** Of each user two: without and with the drafts. */
class Judges {
  private readonly known = new Map<string, readonly [TraceJudge, TraceJudge]>();

  constructor(
    private readonly snapshot: DomainSnapshot,
    private readonly drafts: readonly NamedPolicy[],
  ) {}

  of(subject: DirectoryUser): readonly [TraceJudge, TraceJudge] {
    // Groups may change during a long replay.
    const key = [subject.userId, ...subject.groups].join('\n');
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const { snapshot, drafts } = this;
    const both = [new TraceJudge(subject, snapshot), new TraceJudge(subject, snapshot, drafts)] as const;
    if (this.known.size >= MOST_JUDGES) this.known.clear();
    this.known.set(key, both);
    return both;
  }
}

function absent(member: string, what: string): AppError {
  const problems = [{ path: `body.${member}`, message: `is no ${what} of the domain` }];
  return new AppError('QST.BadRequest', 'The request is not valid', { problems });
}
