/** Says in one error why a quota refuses, with all the facts and what other APIs answer in its place (contracts.md, Quotas). */
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import { CatalogueService } from './catalogue.service.js';
import type { ExceededItem, Refusal } from './reservation.js';
import { refusalDetails } from './reservations.dto.js';

/** A registry client must not try again (domain/quota.md §6.10). */
const REGISTRY = { registry: { status: 403, code: 'DENIED' } };
const NAME_TAKEN = { swr: { status: 409, error_code: 'SVCSTG.SWR.4090060' } };

@Injectable()
export class QuotaErrors {
  constructor(private readonly catalogue: CatalogueService) {}

  async refused(refusal: Refusal): Promise<AppError> {
    switch (refusal.outcome) {
      case 'exceeded':
        return this.exceeded(refusal.exceeded);
      case 'closed':
        return new AppError('QST.Quota.ScopeClosed', 'The instance was deleted; nothing can be reserved in it.');
      case 'name_taken':
        return new AppError(
          'QST.Quota.NameTaken',
          `${refusal.resourceName} is taken already; another ${refusal.quotaKey} must have another name.`,
          { details: { equivalents: NAME_TAKEN } },
        );
    }
  }

  private async exceeded(exceeded: readonly ExceededItem[]): Promise<AppError> {
    const { definitions } = await this.catalogue.recent();
    const equivalents = definitions.get(exceeded[0]?.quotaKey ?? '')?.equivalents ?? REGISTRY;
    return new AppError('QST.Quota.Exceeded', exceeded.map(describe).join(' '), {
      details: refusalDetails(exceeded, equivalents),
    });
  }
}

function describe({ quotaKey, scope, needed, used, reserved, limit, origin }: ExceededItem): string {
  const whose = `${scope.kind} ${scope.id}`;
  return (
    `The quota ${quotaKey} of ${whose} is exhausted: ${String(needed)} needed, ${String(used)} used, ` +
    `${String(reserved)} reserved, limit ${String(limit)} (${origin}).`
  );
}
