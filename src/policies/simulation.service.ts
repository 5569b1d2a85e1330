/** Decides what-if requests: for a user as it is, with drafts beside its policies, or for drafts alone. */
import { Injectable } from '@nestjs/common';
import { AppError, type Problem } from '../kernel/errors.js';
import { SubjectDirectory } from '../identity/index.js';
import { pathText } from './core/finding.js';
import { parsePolicy } from './core/parse-policy.js';
import type { NamedPolicy } from './core/policy.js';
import { Decisions, type Explained, type Question } from './decisions.service.js';

export interface WhatIf {
  readonly domainId: string;
  readonly userId: string | null;
  readonly drafts: readonly unknown[];
  readonly questions: readonly Question[];
}

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
      throw refused([{ path: 'body.principal.user_id', message: 'is no user of the domain' }]);
    const judge = await this.decisions.judge(domainId, subject, policies);
    const results: Explained[] = [];
    for (const question of questions) results.push(await this.decisions.explain(judge, question));
    return { results, version: judge.version };
  }
}

/** Drafts are known by their place, `#0`. */
function readDrafts(drafts: readonly unknown[]): NamedPolicy[] {
  const problems: Problem[] = [];
  const policies = drafts.flatMap((document, index): NamedPolicy[] => {
    const parsed = parsePolicy(document);
    if (parsed.ok) return [{ id: null, name: `#${String(index)}`, version: null, policy: parsed.policy }];
    for (const { path, code, issue, details } of parsed.problems) {
      const place = pathText(path);
      problems.push({
        path: `body.policies[${String(index)}]${place === '' || place.startsWith('[') ? place : `.${place}`}`,
        message: `${code ?? issue} ${details}`,
      });
    }
    return [];
  });
  if (problems.length > 0) throw refused(problems);
  return policies;
}

function refused(problems: readonly Problem[]): AppError {
  return new AppError('QST.BadRequest', 'The request is not valid', { problems });
}
