/** Projects of a domain: one default project per region, and parts of it, one level deep (domain/quota.md §1.5). */
import { Injectable } from '@nestjs/common';
import { type FindOptionsWhere, IsNull } from 'typeorm';
import { AppError } from '../kernel/errors.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { conflict, namingConflicts, notFound } from './directory-faults.js';
import { type Actor, DirectoryRecorder } from './directory-recorder.service.js';
import { Domain } from './domain.entity.js';
import { newId } from './identifiers.js';
import { Project } from './project.entity.js';
import { RegionDirectory } from './region-directory.service.js';

export interface ProjectFilter {
  readonly name?: string | undefined;
  /** The domain's id: default projects. */
  readonly parentId?: string | undefined;
  readonly enabled?: boolean | undefined;
}

export interface ProjectPage {
  readonly page: number;
  readonly perPage: number;
}

export interface NewProject {
  readonly name: string;
  readonly parentId?: string | undefined;
  readonly description?: string | undefined;
}

@Injectable()
export class ProjectsService {
  constructor(
    private readonly database: Database,
    private readonly regions: RegionDirectory,
    private readonly recorder: DirectoryRecorder,
  ) {}

  /** In the order of their names, with how many there are in all; without a page: all. */
  list(domainId: string, filter: ProjectFilter, page?: ProjectPage): Promise<[Project[], number]> {
    const { name, parentId, enabled } = filter;
    const where: FindOptionsWhere<Project> = {
      domainId,
      ...(name && { name }),
      ...(parentId && { parentId: parentId === domainId ? IsNull() : parentId }),
      ...(enabled !== undefined && { enabled }),
    };
    return this.database.dataSource.getRepository(Project).findAndCount({
      where,
      order: { name: 'ASC' },
      ...(page && { skip: (page.page - 1) * page.perPage, take: page.perPage }),
    });
  }

  /** Throws `IAM.0004`. */
  async find(domainId: string, id: string): Promise<Project> {
    const project = await this.database.dataSource.getRepository(Project).findOneBy({ domainId, id });
    if (!project) throw notFound('project', id);
    return project;
  }

  /**
   * Throws `IAM.0004` for a domain or parent that is not there, `IAM.0005` for a name or a region that is taken, and
   * `IAM.0011` for what can be no project's name, or a region that is not open to the domain.
   */
  create(domainId: string, { name, parentId, description = '' }: NewProject, actor: Actor): Promise<Project> {
    const id = newId();
    return this.changing(name, async (transaction) => {
      const { manager } = transaction;
      if (!(await manager.getRepository(Domain).existsBy({ id: domainId }))) throw notFound('domain', domainId);
      const isDefault = parentId === undefined || parentId === '' || parentId === domainId;
      const place = isDefault
        ? await this.placeByName(domainId, name, transaction)
        : await placeBelow(domainId, parentId, transaction);
      if (place.parentId !== null) requirePrefix(name, place.region);
      await manager.insert(Project, { domainId, id, name, description, ...place });
      const told = { domainId, name, description, ...place };
      await this.recorder.record('createProject', { type: 'project', id, name }, actor, transaction, told);
      return manager.getRepository(Project).findOneByOrFail({ domainId, id });
    });
  }

  /** Throws `IAM.0004`, `IAM.0005`, and `IAM.0011` for a name that would lead out of its region. */
  update(
    id: string,
    { name, description }: { name?: string | undefined; description?: string | undefined },
    actor: Actor,
  ): Promise<Project> {
    const { domainId } = actor.principal;
    return this.changing(name ?? '', async (transaction) => {
      const repository = transaction.manager.getRepository(Project);
      const project = await repository.findOneBy({ domainId, id });
      if (!project) throw notFound('project', id);
      if (name !== undefined && name !== project.name) {
        if (project.parentId === null) throw badName('the default project of a region keeps its name');
        requirePrefix(name, project.region);
      }
      const change = { ...(name !== undefined && { name }), ...(description !== undefined && { description }) };
      await repository.update({ domainId, id }, { ...change, updatedAt: () => 'now()' });
      const resource = { type: 'project', id, name: project.name };
      await this.recorder.record('updateProject', resource, actor, transaction, change);
      return repository.findOneByOrFail({ domainId, id });
    });
  }

  /** A region's name makes its default project; `REGION_…`, where that is there, a part of it. */
  private async placeByName(domainId: string, name: string, transaction: Transaction) {
    const problems = await this.regions.problemsOf(
      [{ region: name, path: 'body.project.name' }],
      domainId,
      transaction,
    );
    if (problems.length === 0) return { parentId: null, region: name };
    const defaults = await transaction.manager.getRepository(Project).findBy({ domainId, parentId: IsNull() });
    const parent = defaults.find(({ region }) => name.startsWith(`${region}_`));
    if (!parent) throw new AppError('IAM.0011', 'The request is not valid', { problems });
    return { parentId: parent.id, region: parent.region };
  }

  private changing<T>(name: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return namingConflicts(
      () => this.database.transaction(work),
      (constraint, cause) =>
        constraint === 'projects_of_region'
          ? conflict('project', 'the region has a default project already', cause)
          : conflict('project', `Duplicate entry found with name ${name}`, cause),
    );
  }
}

async function placeBelow(domainId: string, parentId: string, { manager }: Transaction) {
  const parent = await manager.getRepository(Project).findOneBy({ domainId, id: parentId });
  if (!parent) throw notFound('project', parentId);
  if (parent.parentId !== null) {
    const problems = [{ path: 'body.project.parent_id', message: 'is itself a part of another project' }];
    throw new AppError('IAM.0011', 'The request is not valid', { problems });
  }
  return { parentId, region: parent.region };
}

function requirePrefix(name: string, region: string): void {
  if (!name.startsWith(`${region}_`)) throw badName(`must begin with ${region}_`);
}

function badName(message: string): AppError {
  return new AppError('IAM.0011', 'The request is not valid', { problems: [{ path: 'body.project.name', message }] });
}
