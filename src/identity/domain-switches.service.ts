/** Enables and disables domains, and the recording of their traces, on behalf of an operator. */
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import { Database } from '../platform/database/database.js';
import { RecordingSwitch } from '../traces/index.js';
import { type Actor, DirectoryRecorder } from './directory-recorder.service.js';
import { DirectoryExtensions } from './directory-extensions.js';
import { Domain } from './domain.entity.js';
import type { UpdateDomain } from './domains.dto.js';

@Injectable()
export class DomainSwitches {
  constructor(
    private readonly database: Database,
    private readonly recorder: DirectoryRecorder,
    private readonly recording: RecordingSwitch,
    private readonly extensions: DirectoryExtensions,
  ) {}

  /** Throws `QST.NotFound`, and `QST.Conflict` for disabling the domain that runs this installation. */
  async update(id: string, change: UpdateDomain, actor: Actor): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const repository = transaction.manager.getRepository(Domain);
      const domain = await repository.findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!domain) throw new AppError('QST.NotFound', 'There is no such domain.');
      if (change.enabled === false && domain.isOperator)
        throw new AppError('QST.Conflict', 'The operator domain cannot be disabled.');
      if (change.enabled !== undefined)
        await repository.update({ id }, { enabled: change.enabled, updatedAt: () => 'now()' });
      if (change.enabled !== undefined)
        await this.extensions.domainSwitched({ id, enabled: change.enabled }, transaction);
      if (change.recording !== undefined) await this.recording.set(id, change.recording, transaction);
      await this.recorder.record('updateDomain', { type: 'domain', id, name: domain.name }, actor, transaction, change);
    });
  }
}
