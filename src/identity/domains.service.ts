/** Creates domains with their projects and administrator, on behalf of an operator. */
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { AppError, type Problem } from '../kernel/errors.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { Idempotency, type IdempotentRequest } from '../platform/http/idempotency.js';
import { DirectoryExtensions } from './directory-extensions.js';
import { type Actor, DirectoryRecorder } from './directory-recorder.service.js';
import { namingConflicts } from './directory-faults.js';
import { Domain } from './domain.entity.js';
import { type CreateDomain, type CreatedDomain, defaultProject } from './domains.dto.js';
import { newId } from './identifiers.js';
import { PasswordHasher } from './password-hasher.service.js';
import { Project } from './project.entity.js';
import { RegionDirectory } from './region-directory.service.js';
import { User } from './user.entity.js';

const TAKEN = 'is in use already';
/** For what was taken between our look and the insertion. */
const PLACES: Readonly<Record<string, string>> = {
  domains_id: 'body.id',
  domains_name: 'body.name',
  projects_id: 'body.projects',
};

@Injectable()
export class DomainsService {
  constructor(
    private readonly database: Database,
    private readonly passwords: PasswordHasher,
    private readonly recorder: DirectoryRecorder,
    private readonly extensions: DirectoryExtensions,
    private readonly regions: RegionDirectory,
    private readonly idempotency: Idempotency,
  ) {}

  /**
   * Throws `QST.Conflict` naming every name and id that is taken, `QST.BadRequest` naming every region that is not open to
   * the domain. The answer holds no secret, so that it can be kept for a repetition.
   */
  async create(wanted: CreateDomain, actor: Actor, request: IdempotentRequest | null): Promise<CreatedDomain> {
    const passwordHash = await this.passwords.hash(wanted.administrator.password);
    return namingConflicts(
      () =>
        this.database.transaction((transaction) =>
          this.idempotency.once(request, transaction, () => this.insert(wanted, passwordHash, actor, transaction)),
        ),
      (constraint, cause) => conflict([{ path: PLACES[constraint] ?? 'body', message: TAKEN }], cause),
    );
  }

  private async insert(
    wanted: CreateDomain,
    passwordHash: string,
    actor: Actor,
    transaction: Transaction,
  ): Promise<CreatedDomain> {
    const domain = { id: wanted.id ?? newId(), name: wanted.name };
    const projects = wanted.projects.map(({ id = newId(), name, region }) => ({ id, name, region }));
    const administrator = { id: newId(), name: wanted.administrator.name };
    const domainId = domain.id;
    await refuseTaken(wanted, transaction);
    await this.refuseClosedRegions(wanted, domainId, transaction);
    const { manager } = transaction;
    // Copies: TypeORM adds the columns' defaults to what it is given.
    await manager.insert(Domain, { ...domain });
    for (const project of inOrderOfParents(projects)) await manager.insert(Project, { ...project, domainId });
    await manager.insert(User, { ...administrator, domainId, passwordHash, isAdministrator: true });
    await this.extensions.domainCreated(
      { id: domainId, isOperator: false, administratorId: administrator.id },
      transaction,
    );
    await this.recorder.record('createDomain', { type: 'domain', ...domain }, actor, transaction, {
      projects,
      administrator,
    });
    const { createdAt } = await manager.getRepository(Domain).findOneByOrFail({ id: domainId });
    return {
      domain: { ...domain, enabled: true, recording: true, is_operator: false, created_at: createdAt.getTime() },
      projects,
      administrator,
    };
  }

  private async refuseClosedRegions(wanted: CreateDomain, domainId: string, transaction: Transaction): Promise<void> {
    const regions = wanted.projects.map(({ region }, index) => ({
      region,
      path: `body.projects[${String(index)}].region`,
    }));
    const problems = await this.regions.problemsOf(regions, domainId, transaction);
    if (problems.length > 0) throw new AppError('QST.BadRequest', 'The request is not valid', { problems });
  }
}

type NewProject = Pick<Project, 'id' | 'name' | 'region'>;

/** Default projects first, the others with theirs as their parent. */
function inOrderOfParents(projects: readonly NewProject[]): (NewProject & Pick<Project, 'parentId'>)[] {
  return projects
    .map((project) => {
      const parent = defaultProject(projects, project.region);
      return { ...project, parentId: parent === undefined || parent === project ? null : parent.id };
    })
    .sort((left, right) => Number(left.parentId !== null) - Number(right.parentId !== null));
}

async function refuseTaken(wanted: CreateDomain, { manager }: Transaction): Promise<void> {
  const problems: Problem[] = [];
  const domains = manager.getRepository(Domain);
  if (await domains.existsBy({ name: wanted.name })) problems.push({ path: 'body.name', message: TAKEN });
  if (wanted.id !== undefined && (await domains.existsBy({ id: wanted.id })))
    problems.push({ path: 'body.id', message: TAKEN });
  const ids = wanted.projects.flatMap(({ id }) => id ?? []);
  const taken = new Set((await manager.getRepository(Project).findBy({ id: In(ids) })).map(({ id }) => id));
  wanted.projects.forEach(({ id }, index) => {
    if (id !== undefined && taken.has(id))
      problems.push({ path: `body.projects[${String(index)}].id`, message: TAKEN });
  });
  if (problems.length > 0) throw conflict(problems);
}

function conflict(problems: readonly Problem[], cause?: unknown): AppError {
  return new AppError('QST.Conflict', 'The domain cannot be created', { problems, cause });
}
