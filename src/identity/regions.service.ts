/** Changes regions on behalf of an operator. */
import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { AppError } from '../kernel/errors.js';
import { Database } from '../platform/database/database.js';
import { type Actor, DirectoryRecorder } from './directory-recorder.service.js';
import { Project } from './project.entity.js';
import { Region, type RegionDetails } from './region.entity.js';
import { noSuchRegion } from './region-directory.service.js';

export interface RegionSettings {
  readonly kind: Region['kind'];
  /** Null for a general region. */
  readonly allowedDomains: readonly string[] | null;
  readonly details: RegionDetails;
}

@Injectable()
export class RegionsService {
  constructor(
    private readonly database: Database,
    private readonly recorder: DirectoryRecorder,
  ) {}

  /** Makes or replaces it. Projects that are there stay, also those of domains that may have no further ones. */
  async put(id: string, { kind, allowedDomains, details }: RegionSettings, actor: Actor): Promise<Region> {
    return this.database.transaction(async (transaction) => {
      const repository = transaction.manager.getRepository(Region);
      const row = { id, kind, allowedDomains: allowedDomains && [...allowedDomains], details };
      await repository.upsert({ ...row, withdrawnAt: null, updatedAt: () => 'now()' }, ['id']);
      await this.recorder.record('updateRegion', { type: 'region', id, name: id }, actor, transaction, row);
      return repository.findOneByOrFail({ id });
    });
  }

  /** Throws `QST.NotFound`, and `QST.Conflict` while a project is in it. */
  async withdraw(id: string, actor: Actor): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const repository = transaction.manager.getRepository(Region);
      const where = { id, withdrawnAt: IsNull() };
      const region = await repository.findOne({ where, lock: { mode: 'pessimistic_write' } });
      if (!region) throw noSuchRegion();
      const projects = await transaction.manager.getRepository(Project).countBy({ region: id });
      if (projects > 0) throw new AppError('QST.Conflict', `${String(projects)} projects are in this region.`);
      await repository.update({ id }, { withdrawnAt: () => 'now()', updatedAt: () => 'now()' });
      await this.recorder.record('deleteRegion', { type: 'region', id, name: id }, actor, transaction);
    });
  }
}
