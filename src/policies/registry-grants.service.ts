/** Permissions on organizations and repositories of the registry's shared edition: 7 manage, 3 edit, 1 read (domain/iam.md §2.3). */
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Actor, ProjectDirectory } from '../identity/index.js';
import { AppError, type Problem } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { formatUrn } from '../kernel/urn.js';
import type { Transaction } from '../platform/database/database.js';
import { Decisions } from './decisions.service.js';
import { PolicyChanges } from './policy-changes.service.js';
import { type RegistryGrant, RegistryGrantsStore, type RegistryPlace } from './registry-grants.store.js';

/** Without a repository: the organization itself. */
export interface RegistryTarget {
  readonly namespace: string;
  readonly repository?: string;
}

export interface RegistryPermissions {
  readonly id: number;
  readonly name: string;
  readonly self: RegistryGrant;
  readonly others: readonly RegistryGrant[];
}

/** Integers of this many hex digits are exact in JSON. */
const ID_DIGITS = 12;

@Injectable()
export class RegistryGrants {
  constructor(
    private readonly store: RegistryGrantsStore,
    private readonly changes: PolicyChanges,
    private readonly decisions: Decisions,
    private readonly projects: ProjectDirectory,
  ) {}

  /** Throws `SVCSTG.SWR.4000014` where the caller's project cannot be told. */
  async show(target: RegistryTarget, principal: Principal): Promise<RegistryPermissions> {
    const { place, region } = await this.placeOf(target, principal);
    const grants = await this.store.list(place);
    const own = grants.find(({ userId }) => userId === principal.userId)?.auth ?? 0;
    const auth = (await this.manages(place, region, principal)) ? 7 : own;
    return {
      id: Number.parseInt(digestOf(place).slice(0, ID_DIGITS), 16),
      name: target.repository ?? target.namespace,
      self: { userId: principal.userId, userName: principal.userName, auth },
      others: grants.filter(({ userId }) => userId !== principal.userId),
    };
  }

  /** Throws `SVCSTG.SWR.4090076` or `.4090089` for who has a permission already, and what {@link change} throws. */
  create(target: RegistryTarget, grants: readonly RegistryGrant[], actor: Actor): Promise<void> {
    return this.change(target, grants, actor, async (place, transaction) => {
      const present = await this.store.granted(place, idsOf(grants), transaction);
      if (present.size > 0) throw faulty(codeOf(target, '4090076', '4090089'), 'has one already', grants, present);
      await this.store.save(place, grants, transaction);
      await this.record('create', target, actor, transaction, grants.map(forTrace));
    });
  }

  /** Throws `SVCSTG.SWR.4040078` or `.4040091` for who has no permission, and what {@link change} throws. */
  update(target: RegistryTarget, grants: readonly RegistryGrant[], actor: Actor): Promise<void> {
    return this.change(target, grants, actor, async (place, transaction) => {
      await this.requireGranted(target, place, idsOf(grants), transaction);
      await this.store.save(place, grants, transaction);
      await this.record('update', target, actor, transaction, grants.map(forTrace));
    });
  }

  /** Throws `SVCSTG.SWR.4040078` or `.4040091` for who has no permission, `.4039002` for oneself. */
  async remove(target: RegistryTarget, userIds: readonly string[], actor: Actor): Promise<void> {
    requireOthers(userIds, actor);
    const { place } = await this.placeOf(target, actor.principal);
    await this.changes.run(actor, async (transaction) => {
      await this.requireGranted(target, place, userIds, transaction);
      await this.store.remove(place, userIds, transaction);
      await this.record('delete', target, actor, transaction, userIds);
    });
  }

  /** All or none. Throws `SVCSTG.SWR.4039002` for oneself, `.4001067` for who is no user of the domain or has another name. */
  private async change(
    target: RegistryTarget,
    grants: readonly RegistryGrant[],
    actor: Actor,
    work: (place: RegistryPlace, transaction: Transaction) => Promise<void>,
  ): Promise<void> {
    requireOthers(idsOf(grants), actor);
    const { place } = await this.placeOf(target, actor.principal);
    await this.changes.run(actor, async (transaction) => {
      const names = await this.store.namesOf(place.domainId, idsOf(grants), transaction);
      const unknown = new Set(idsOf(grants.filter(({ userId, userName }) => names.get(userId) !== userName)));
      if (unknown.size > 0) throw faulty('SVCSTG.SWR.4001067', 'is no user of this id and name', grants, unknown);
      await work(place, transaction);
    });
  }

  private async requireGranted(
    target: RegistryTarget,
    place: RegistryPlace,
    userIds: readonly string[],
    transaction: Transaction,
  ): Promise<void> {
    const present = await this.store.granted(place, userIds, transaction);
    const absent = new Set(userIds.filter((id) => !present.has(id)));
    const users = userIds.map((userId) => ({ userId }));
    if (absent.size > 0) throw faulty(codeOf(target, '4040078', '4040091'), 'has no permission', users, absent);
  }

  private async placeOf({ namespace, repository = '' }: RegistryTarget, principal: Principal) {
    const project = await this.projects.inScope(principal);
    if (project === null)
      throw new AppError('SVCSTG.SWR.4000014', 'Name the project by the scope of the token, or by X-Project-Id.');
    const place: RegistryPlace = { domainId: principal.domainId, projectId: project.id, namespace, repository };
    return { place, region: project.region };
  }

  /** Whether policies and grants together give the caller what 7 gives. */
  private async manages(place: RegistryPlace, region: string, principal: Principal): Promise<boolean> {
    const { domainId, projectId, namespace, repository } = place;
    const ofOrganization = repository === '';
    const resource = formatUrn({
      service: 'swr',
      region,
      domainId,
      resourceType: ofOrganization ? 'namespace' : 'repo',
      path: ofOrganization ? namespace : `${namespace}/${repository}`,
    });
    const action = ofOrganization ? 'swr:namespace:createNamespaceAccess' : 'swr:repo:deleteRepo';
    const judge = await this.decisions.judge(domainId, principal);
    return (await this.decisions.decide(judge, { action, resource, context: {}, projectId })) === 'Allow';
  }

  private record(
    verb: 'create' | 'update' | 'delete',
    { namespace, repository }: RegistryTarget,
    actor: Actor,
    transaction: Transaction,
    request: unknown,
  ): Promise<void> {
    const [kind, name] =
      repository === undefined
        ? (['Namespace', namespace] as const)
        : (['Repository', `${namespace}/${repository}`] as const);
    const resource = { service: 'SWR' as const, type: `user${kind.toLowerCase()}auth`, id: name, name };
    return this.changes.record(`${verb}User${kind}Auth`, resource, actor, transaction, request);
  }
}

function idsOf(grants: readonly RegistryGrant[]): string[] {
  return grants.map(({ userId }) => userId);
}

function forTrace({ userId, userName, auth }: RegistryGrant): Record<string, unknown> {
  return { userId, userName, auth };
}

function digestOf({ domainId, projectId, namespace, repository }: RegistryPlace): string {
  return createHash('sha256').update([domainId, projectId, namespace, repository].join('\n')).digest('hex');
}

function codeOf({ repository }: RegistryTarget, ofOrganization: string, ofRepository: string): string {
  return `SVCSTG.SWR.${repository === undefined ? ofOrganization : ofRepository}`;
}

function requireOthers(userIds: readonly string[], { principal }: Actor): void {
  if (userIds.includes(principal.userId))
    throw new AppError('SVCSTG.SWR.4039002', 'Nobody changes permissions of their own.');
}

function faulty(
  code: string,
  message: string,
  given: readonly { readonly userId: string }[],
  faults: ReadonlySet<string>,
): AppError {
  const problems: Problem[] = given.flatMap(({ userId }, index) =>
    faults.has(userId) ? [{ path: `body[${String(index)}]`, message }] : [],
  );
  return new AppError(code, 'The permissions cannot be changed', { problems });
}
