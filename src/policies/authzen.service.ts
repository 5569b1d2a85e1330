/** Answers AuthZEN's questions by the policies in force; who may ask about whom is settled first. */
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { parseUrn } from '../kernel/urn.js';
import { SubjectDirectory } from '../identity/index.js';
import type { BeyondSelf } from '../platform/http/requires.js';
import { comparable, type Evaluation } from './authzen.dto.js';
import { Decisions, type Explained, type Judge, type Question } from './decisions.service.js';

/** A policy enforcement point: a service, or whoever asks about itself. */
export interface Asker {
  readonly principal: Principal;
  readonly beyondSelf: BeyondSelf;
}

export type Judges = Map<string, Promise<Judge | null>>;

/** Service of the names of applications that have no URNs and no `service:type:operation`. */
export const APP_SERVICE = 'app';

@Injectable()
export class Authzen {
  constructor(
    private readonly subjects: SubjectDirectory,
    private readonly decisions: Decisions,
  ) {}

  /** Null for a subject that is not known. @param judges of the same batch, so that one version decides all of it */
  async evaluate(asker: Asker, evaluation: Evaluation, judges: Judges = new Map()): Promise<Explained | null> {
    const judge = await this.judge(asker, evaluation.subject, judges);
    return judge === null ? null : this.decisions.explain(judge, questionOf(evaluation, judge));
  }

  /** Throws `QST.Forbidden` unless the asker may ask about that subject. */
  judge(asker: Asker, { type, id }: Evaluation['subject'], judges: Judges = new Map()): Promise<Judge | null> {
    const key = `${type}\n${id}`;
    const known = judges.get(key);
    if (known !== undefined) return known;
    const judge = this.load(asker, type, id);
    judges.set(key, judge);
    return judge;
  }

  private async load({ principal, beyondSelf }: Asker, type: string, userId: string): Promise<Judge | null> {
    const elsewhere = principal.isOperator && userId !== principal.userId ? await this.subjects.domainOf(userId) : null;
    const domainId = elsewhere ?? principal.domainId;
    if (!(type === 'user' && userId === principal.userId)) requireBeyondSelf(beyondSelf, domainId);
    const subject = type === 'user' ? await this.subjects.find(domainId, userId) : null;
    return subject === null ? null : this.decisions.judge(domainId, subject);
  }
}

export function requireBeyondSelf(beyondSelf: BeyondSelf, domainId: string): void {
  if (!beyondSelf(domainId))
    throw new AppError(
      'QST.Forbidden',
      'You are not authorized to perform this operation: no policy allows iam:policies:evaluate.',
    );
}

/**
 * The domain that a search is about: that of the resource, where it names one. Tenants ask within their own, whatever they name.
 */
export function domainSearched({ principal }: Asker, resourceId: string): string {
  const named = parseUrn(resourceId)?.domainId ?? '';
  return principal.isOperator && named !== '' && named !== '*' ? named : principal.domainId;
}

/** `resource.id` is a URN, or the plain id of an application's own thing: then `app::<domain>:<type>:<id>`. */
export function questionOf(
  { action, resource, subject, context }: Omit<Evaluation, 'subject'> & Partial<Pick<Evaluation, 'subject'>>,
  judge: Judge,
): Question {
  const projectId = resource.properties?.['project_id'];
  return {
    action: actionOf(action.name, resource.type),
    resource: resourceOf(resource, judge.subject?.domainId ?? ''),
    context: {
      ...comparable(context, ''),
      ...comparable(subject?.properties, 'subject:'),
      ...comparable(action.properties, 'action:'),
      ...comparable(resource.properties, 'resource:'),
    },
    projectId: typeof projectId === 'string' ? projectId : null,
  };
}

export function actionOf(name: string, resourceType: string): string {
  return name.includes(':') ? name : `${APP_SERVICE}:${resourceType}:${name}`;
}

export function resourceOf({ type, id }: { readonly type: string; readonly id: string }, domainId: string): string {
  return parseUrn(id) === null ? `${APP_SERVICE}::${domainId}:${type}:${id}` : id;
}
