/** Who may do it, on what, and what may be done: over the users, resources and actions that are known here. */
import { Injectable } from '@nestjs/common';
import { ProjectDirectory, SubjectDirectory } from '../identity/index.js';
import { formatUrn, parseUrn } from '../kernel/urn.js';
import { CursorSigner, cursorScope } from '../platform/http/cursor-signer.js';
import type { ActionSearch, Evaluation, ResourceSearch, SubjectSearch, WireFound } from './authzen.dto.js';
import {
  APP_SERVICE,
  type Asker,
  Authzen,
  domainSearched,
  questionOf,
  requireBeyondSelf,
  resourceOf,
} from './authzen.service.js';
import { allActions } from './core/action-catalogue.js';
import { splitAction } from './core/action-pattern.js';
import type { Statement } from './core/policy.js';
import { Decisions, type Judge } from './decisions.service.js';

interface Page {
  readonly limit?: number | undefined;
  readonly token?: string | undefined;
}

interface Paging {
  /** Keys up to and with it were looked at by earlier pages. */
  readonly after: string;
  readonly limit: number;
  readonly next: (after: string | null) => string;
}

const DEFAULT_LIMIT = 50;
/** Users looked at for one page; a page that found too few goes on with the next. */
const MOST_LOOKED_AT = 1_000;
const USERS_AT_ONCE = 100;

@Injectable()
export class AuthzenSearch {
  constructor(
    private readonly authzen: Authzen,
    private readonly subjects: SubjectDirectory,
    private readonly projects: ProjectDirectory,
    private readonly decisions: Decisions,
    private readonly cursors: CursorSigner,
  ) {}

  /** Users of the resource's domain, by id. */
  async subjectsOf(asker: Asker, { page, ...search }: SubjectSearch): Promise<WireFound> {
    const paging = this.paging(asker, 'subject', search, page);
    const { subject, resource } = search;
    const domainId = domainSearched(asker, resource.id);
    requireBeyondSelf(asker.beyondSelf, domainId);
    const results: { type: string; id: string }[] = [];
    if (subject.type !== 'user') return found(results, paging.next(null));
    let { after } = paging;
    for (let seen = 0; seen < MOST_LOOKED_AT; seen += USERS_AT_ONCE) {
      const ids = await this.subjects.idsOf(domainId, after, USERS_AT_ONCE);
      const allowed = await Promise.all(ids.map((id) => this.isAllowed(domainId, id, search)));
      for (const [index, id] of ids.entries()) {
        if (results.length === paging.limit) return found(results, paging.next(after));
        if (allowed[index] === true) results.push({ type: 'user', id });
        after = id;
      }
      if (ids.length < USERS_AT_ONCE) return found(results, paging.next(null));
    }
    return found(results, paging.next(after));
  }

  private async isAllowed(domainId: string, userId: string, search: Omit<SubjectSearch, 'page'>): Promise<boolean> {
    const subject = await this.subjects.find(domainId, userId);
    if (subject === null) return false;
    const judge = await this.decisions.judge(domainId, subject);
    const asked = { ...search, subject: { ...search.subject, id: userId } };
    return (await this.decisions.decide(judge, questionOf(asked, judge))) === 'Allow';
  }

  /** Of what is known: organizations and repositories with grants, and resources that the subject's policies name in full. */
  async resourcesOf(asker: Asker, { page, ...search }: ResourceSearch): Promise<WireFound> {
    const paging = this.paging(asker, 'resource', search, page);
    const judge = await this.authzen.judge(asker, search.subject);
    const candidates = judge === null ? [] : await this.knownResources(judge, search.resource.type);
    return this.allowedOf(
      judge,
      candidates,
      paging,
      (id) => ({ ...search, resource: { ...search.resource, id } }),
      (id) => ({
        type: search.resource.type,
        id,
      }),
    );
  }

  /** Of the catalogue's actions on that type of resource, and of those that the subject's policies name in full. */
  async actionsOf(asker: Asker, { page, ...search }: ActionSearch): Promise<WireFound> {
    const paging = this.paging(asker, 'action', search, page);
    const judge = await this.authzen.judge(asker, search.subject);
    const candidates = judge === null ? [] : knownActions(judge, search.resource);
    return this.allowedOf(
      judge,
      candidates,
      paging,
      (name) => ({ ...search, action: { name } }),
      (name) => ({ name }),
    );
  }

  private async allowedOf(
    judge: Judge | null,
    candidates: readonly string[],
    { after, limit, next }: Paging,
    evaluationOf: (candidate: string) => Evaluation,
    rendered: (candidate: string) => WireFound['results'][number],
  ): Promise<WireFound> {
    const results: WireFound['results'] = [];
    let last = after;
    for (const candidate of [...new Set(candidates)].sort()) {
      if (candidate <= after || judge === null) continue;
      if (results.length === limit) return found(results, next(last));
      const decision = await this.decisions.decide(judge, questionOf(evaluationOf(candidate), judge));
      if (decision === 'Allow') results.push(rendered(candidate));
      last = candidate;
    }
    return found(results, next(null));
  }

  private async knownResources({ subject, snapshot }: Judge, type: string): Promise<string[]> {
    if (subject === null) return [];
    const named = snapshot.policies(subject).flatMap(({ policy }) => policy.statements.flatMap(literalResources));
    const ids = named.flatMap((text) => idOf(text, type, subject.domainId) ?? []);
    for (const { projectId, namespace, repository } of snapshot.registryGrants) {
      const resourceType = repository === '' ? 'namespace' : 'repo';
      if (resourceType !== type) continue;
      const region = (await this.projects.find(subject.domainId, projectId))?.region;
      const path = repository === '' ? namespace : `${namespace}/${repository}`;
      if (region !== undefined)
        ids.push(formatUrn({ service: 'swr', region, domainId: subject.domainId, resourceType, path }));
    }
    return ids;
  }

  private paging(asker: Asker, kind: string, search: object, page: Page | undefined): Paging {
    const scope = cursorScope('authzen-1', asker.principal, { kind, ...search });
    const payload = page?.token ? this.cursors.decode(page.token, scope) : '';
    return {
      after: typeof payload === 'string' ? payload : '',
      limit: page?.limit ?? DEFAULT_LIMIT,
      next: (after) => (after === null ? '' : this.cursors.encode(after, scope)),
    };
  }
}

function found(results: WireFound['results'], nextToken: string): WireFound {
  return { results, page: { next_token: nextToken, count: results.length } };
}

function literalResources({ effect, resources }: Statement): readonly string[] {
  return effect === 'Allow' && resources?.negated === false ? resources.patterns : [];
}

/** As the subject's own; null unless its path names one thing. A region that a pattern leaves open stays open. */
function idOf(pattern: string, type: string, domainId: string): string | null {
  const urn = parseUrn(pattern);
  if (urn?.resourceType !== type || /[*?]|\$\{/.test(urn.path) || /[*?]|\$\{/.test(urn.service)) return null;
  if (urn.service === APP_SERVICE) return urn.path;
  const isOpen = urn.domainId === '' || urn.domainId.includes('*');
  return formatUrn({ ...urn, domainId: isOpen ? domainId : urn.domainId });
}

function knownActions({ subject, snapshot }: Judge, resource: Evaluation['resource']): string[] {
  const urn = parseUrn(resourceOf(resource, subject?.domainId ?? ''));
  if (subject === null || urn === null) return [];
  const [service, resourceType] = [urn.service.toLowerCase(), urn.resourceType.toLowerCase()];
  const written = snapshot
    .policies(subject)
    .flatMap(({ policy }) => policy.statements.flatMap(({ actions }) => (actions.negated ? [] : actions.patterns)));
  const names = [...allActions().map(({ action }) => action), ...written.filter((action) => !action.includes('*'))];
  const fitting = names.filter((name) => {
    const parts = splitAction(name);
    return parts?.[0].toLowerCase() === service && parts[1].toLowerCase() === resourceType;
  });
  return urn.service === APP_SERVICE ? fitting.map((name) => splitAction(name)?.[2] ?? name) : fitting;
}
