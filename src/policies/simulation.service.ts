/** Decides what-if requests: for a user as it is, with drafts beside its policies, or for drafts alone. */
import { Injectable } from '@nestjs/common';
import { AppError, type Problem } from '../kernel/errors.js';
import { SubjectDirectory } from '../identity/index.js';
import { Decisions, type Explained, type Question } from './decisions.service.js';
import { readDrafts } from './policy-drafts.js';

export interface WhatIf {
  readonly domainId: string;
  readonly userId: string | null;
  readonly drafts: readonly unknown[];
  readonly questions: readonly Question[];
}

const UNKNOWN_USER: Problem = { path: 'body.principal.user_id', message: 'is no user of the domain' };

@Injectable()
export class Simulations {
  constructor(
    private readonly subjects: SubjectDirectory,
    private readonly decisions: Decisions,
  ) {}

  /** All by the policies of one version. Throws `QST.BadRequest` for an unknown user and for drafts that have errors. */
  async run({ domainId, userId, drafts, questions }: WhatIf): Promise<{ results: Explained[]; version: string }> {
    const policies = readDrafts(drafts);
    const subject = userId === null ? null : await this.subjects.find(domainId, userId);
    if (userId !== null && subject === null)
      throw new AppError('QST.BadRequest', 'The request is not valid', { problems: [UNKNOWN_USER] });
    const judge = await this.decisions.judge(domainId, subject, policies);
    const results: Explained[] = [];
    for (const question of questions) results.push(await this.decisions.explain(judge, question));
    return { results, version: judge.version };
  }
}
