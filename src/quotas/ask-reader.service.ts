/** Forms of a request what the queue works on, and refuses what no counter could make right: unknown scopes, bad names. */
import { Injectable } from '@nestjs/common';
import { AppError, type Problem } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { CatalogueService } from './catalogue.service.js';
import type { Definition } from './core/definition.js';
import { nameFault } from '../kernel/resource-names.js';
import { projectOf, type Scope, type ScopeKind, spaceOf } from './core/scope.js';
import { scopeFrom } from './quotas.dto.js';
import type { ItemAsk } from './reservation.js';
import type { WireItem } from './reservations.dto.js';
import { ScopeDirectory } from './scope-directory.store.js';

@Injectable()
export class AskReader {
  constructor(
    private readonly catalogue: CatalogueService,
    private readonly directory: ScopeDirectory,
  ) {}

  /**
   * @param naming `required`: what is counted by name must come with one; `optional`: a question without one is answered, too
   * @throws AppError QST.BadRequest with every problem, QST.Forbidden for another domain, QST.NotFound for an unknown one or its project
   */
  async items(domainId: string, items: readonly WireItem[], naming: 'required' | 'optional'): Promise<ItemAsk[]> {
    const { definitions } = await this.catalogue.recent();
    const problems = items.flatMap((item, index) =>
      itemProblems(item, definitions.get(item.quota_key) ?? null, domainId, naming, `body.items[${String(index)}]`),
    );
    if (problems.length > 0) throw new AppError('QST.BadRequest', 'The request is not valid', { problems });
    return Promise.all(
      items.map(async (item): Promise<ItemAsk> => {
        const scope = scopeFrom(item.scope);
        const region = await this.regionOf(domainId, scope);
        return {
          quotaKey: item.quota_key,
          scope,
          amount: item.amount,
          resourceName: item.resource_name ?? null,
          space: spaceOf(scope),
          region: definitions.get(item.quota_key)?.uniqueIn === 'region' ? region : '',
        };
      }),
    );
  }

  /** The domain to act on: the caller's own, for operators also any other. */
  async domainFor(principal: Principal, domainId: string | undefined): Promise<string> {
    if (domainId === undefined || domainId === principal.domainId) return principal.domainId;
    if (!principal.isOperator)
      throw new AppError(
        'QST.Forbidden',
        'You are not authorized to perform this operation: domain_id is not your own.',
      );
    if (await this.directory.hasDomain(domainId)) return domainId;
    throw new AppError('QST.NotFound', 'There is no such domain.');
  }

  /**
   * For limits and grants: the scope's kind is that of the definition, or a level above it, and it is of the domain.
   *
   * @throws AppError as {@link items}
   */
  async level(domainId: string, quotaKey: string, scope: Scope): Promise<void> {
    const definition = (await this.catalogue.recent()).definitions.get(quotaKey) ?? null;
    const problems = this.levelProblems(domainId, definition, scope);
    if (problems.length > 0) throw new AppError('QST.BadRequest', 'The request is not valid', { problems });
    await this.regionOf(domainId, scope);
  }

  /** What {@link level} refuses, but for projects that are not there. */
  levelProblems(domainId: string, definition: Definition | null, scope: Scope): Problem[] {
    const problems: Problem[] = [];
    if (definition !== null && !kindsFrom(definition.scopeKind).includes(scope.kind))
      problems.push({
        path: 'body.scope.kind',
        message: `must be ${kindsFrom(definition.scopeKind).join(' or ')}: ${definition.key} is a quota of each ${definition.scopeKind}`,
      });
    if (scope.kind === 'domain' && scope.id !== domainId)
      problems.push({ path: 'body.scope.id', message: 'must be the domain_id' });
    return problems;
  }

  /** Region of the scope's project; '' of a domain. Throws `QST.NotFound` where the domain has no such project. */
  async regionOf(domainId: string, scope: Scope): Promise<string> {
    const projectId = projectOf(scope);
    if (projectId === null) return '';
    const project = await this.directory.project(domainId, projectId);
    if (project === null) throw new AppError('QST.NotFound', `The domain has no project ${projectId}.`);
    return project.region;
  }
}

function itemProblems(
  item: WireItem,
  definition: Definition | null,
  domainId: string,
  naming: 'required' | 'optional',
  at: string,
): Problem[] {
  const problems = scopeProblems(scopeFrom(item.scope), definition, domainId, `${at}.scope`);
  const rule = definition?.nameRule ?? 'any';
  const isNamed = definition?.traces.some(({ effect }) => effect === 'add') ?? false;
  if (item.resource_name !== undefined) {
    const fault = nameFault(item.resource_name, rule, definition?.reservedNames);
    if (fault !== null) problems.push({ path: `${at}.resource_name`, message: fault });
    if (isNamed && item.amount !== 1) problems.push({ path: `${at}.amount`, message: 'must be 1: a name is one unit' });
  } else if (isNamed && naming === 'required')
    problems.push({
      path: `${at}.resource_name`,
      message: `is required: ${item.quota_key} is counted by the traces of single resources`,
    });
  return problems;
}

/** The kind itself and those above it. */
function kindsFrom(kind: ScopeKind): ScopeKind[] {
  return kind === 'domain' ? ['domain'] : kind === 'project' ? ['project', 'domain'] : [kind, 'project', 'domain'];
}

export function scopeProblems(scope: Scope, definition: Definition | null, domainId: string, path: string): Problem[] {
  if (definition !== null && scope.kind !== definition.scopeKind)
    return [
      { path: `${path}.kind`, message: `must be ${definition.scopeKind}: that is whose quota ${definition.key} is` },
    ];
  if (scope.kind === 'domain' && scope.id !== domainId)
    return [{ path: `${path}.id`, message: 'must be the domain_id' }];
  return [];
}
