/** Which regions a domain may see, and whether it may have a project there. */
import { Injectable } from '@nestjs/common';
import { ArrayContains, type EntityManager, type FindOptionsWhere, In, IsNull } from 'typeorm';
import { AppError, type Problem } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { nearest } from '../platform/http/nearest.js';
import { Region } from './region.entity.js';

/** A region that somebody wants to have a project in, and where in the request it stands. */
export interface WantedRegion {
  readonly region: string;
  readonly path: string;
}

@Injectable()
export class RegionDirectory {
  constructor(private readonly database: Database) {}

  /** In the order of their ids; the operator's principals see all. */
  visibleTo({ isOperator, domainId }: Principal): Promise<Region[]> {
    return this.visible(this.database.dataSource.manager, isOperator ? null : domainId);
  }

  /** Null where there is none, or none that this principal may see. */
  async find(id: string, principal: Principal): Promise<Region | null> {
    return (await this.visibleTo(principal)).find((region) => region.id === id) ?? null;
  }

  /** Ids of the regions open to a domain. */
  async openTo(domainId: string, { manager }: Transaction): Promise<string[]> {
    return (await this.visible(manager, domainId)).map(({ id }) => id);
  }

  /**
   * What is wrong with having projects of the domain in these regions. One that is closed to the domain is told like one
   * that does not exist. Until the transaction ends no region that is fine can be withdrawn.
   */
  async problemsOf(wanted: readonly WantedRegion[], domainId: string, transaction: Transaction): Promise<Problem[]> {
    const ids = wanted.map(({ region }) => region);
    await transaction.manager
      .getRepository(Region)
      .find({ select: { id: true }, where: { id: In(ids) }, order: { id: 'ASC' }, lock: { mode: 'pessimistic_read' } });
    const open = await this.openTo(domainId, transaction);
    return wanted
      .filter(({ region }) => !open.includes(region))
      .map(({ region, path }) => {
        const similar = nearest(region, open);
        return { path, message: `is not a known region${similar === null ? '' : `; did you mean ${similar}?`}` };
      });
  }

  private visible(manager: EntityManager, domainId: string | null): Promise<Region[]> {
    const known: FindOptionsWhere<Region> = { withdrawnAt: IsNull() };
    const where =
      domainId === null
        ? known
        : [
            { ...known, kind: 'general' as const },
            { ...known, allowedDomains: ArrayContains([domainId]) },
          ];
    return manager.getRepository(Region).find({ where, order: { id: 'ASC' } });
  }
}

export function noSuchRegion(): AppError {
  return new AppError('QST.NotFound', 'There is no such region.');
}
