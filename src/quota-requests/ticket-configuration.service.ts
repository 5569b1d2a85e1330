/** What tickets can be filled in with that is not fixed: quotas, regions. */
import { Injectable } from '@nestjs/common';
import { type Region, RegionDirectory } from '../identity/index.js';
import type { Problem } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { Database } from '../platform/database/database.js';
import { CatalogueService, type Scope, SCOPE_KINDS } from '../quotas/index.js';
import { type Language, TICKET_PRODUCTS } from './core/wire-ticket-configuration.js';
import type { ViewContext } from './quota-ticket-views.dto.js';
import { RequestRulesService } from './request-rules.service.js';
import { RequestsStore } from './requests.store.js';

/** A limit is given to whom it is of, or to a level above. */
const KINDS_FROM: Readonly<Record<Scope['kind'], readonly Scope['kind'][]>> = {
  domain: ['domain'],
  project: ['domain', 'project'],
  user: ['domain', 'project', 'user'],
  instance: ['domain', 'project', 'instance'],
};

/** Keys of quotas and kinds of scopes to choose among. */
export interface TicketChoices {
  readonly quotaKeys: readonly string[];
  readonly scopeKinds: readonly string[];
}

@Injectable()
export class TicketConfiguration {
  constructor(
    private readonly catalogue: CatalogueService,
    private readonly regions: RegionDirectory,
    private readonly rules: RequestRulesService,
    private readonly requests: RequestsStore,
    private readonly database: Database,
  ) {}

  /** @param productId undefined: of every product */
  async choices(productId: string | undefined): Promise<TicketChoices> {
    const edition = TICKET_PRODUCTS.find(({ id }) => id === productId)?.edition;
    const { definitions } = await this.catalogue.recent();
    const offered = [...definitions.values()].filter((each) => edition === undefined || each.edition === edition);
    const kinds = new Set(offered.flatMap(({ scopeKind }) => KINDS_FROM[scopeKind]));
    return {
      quotaKeys: offered.map(({ key }) => key).sort(),
      scopeKinds: SCOPE_KINDS.filter((kind) => kinds.has(kind)),
    };
  }

  regionsFor(principal: Principal): Promise<Region[]> {
    return this.regions.visibleTo(principal);
  }

  /** What views of tickets name by id, in a language. */
  async viewFor(principal: Principal, language: Language): Promise<ViewContext> {
    const regions = new Map((await this.regionsFor(principal)).map(({ id, details }) => [id, details.names[language]]));
    const { definitions } = await this.catalogue.recent();
    return {
      language,
      regionName: (id) => regions.get(id) ?? id,
      productName: ({ request }) => productFor(definitions.get(request.quotaKey))?.name[language] ?? '',
    };
  }

  /** Tickets that a domain may have open at once, and how many of them are left. */
  async openings(domainId: string): Promise<{ readonly total: number; readonly unused: number }> {
    const { maxOpenPerDomain: total } = await this.rules.inForce(this.database);
    return { total, unused: Math.max(0, total - (await this.requests.countOpen(this.database, domainId))) };
  }

  /** What of a ticket does not fit the choices that are offered to its author. */
  async problemsOf(
    ticket: {
      readonly quotaKey: string;
      readonly productId: string | undefined;
      readonly regionId: string | undefined;
    },
    principal: Principal,
  ): Promise<Problem[]> {
    const problems: Problem[] = [];
    const product = productFor((await this.catalogue.recent()).definitions.get(ticket.quotaKey));
    if (product !== undefined && ticket.productId !== undefined && ticket.productId !== product.id)
      problems.push({
        path: 'body.product_category_id',
        message: `is not the product of ${ticket.quotaKey}, which is ${product.id}`,
      });
    if (ticket.regionId !== undefined && (await this.regions.find(ticket.regionId, principal)) === null)
      problems.push({ path: 'body.region_id', message: 'is no region that /config/regions lists' });
    return problems;
  }
}

/** The product that a quota belongs to; undefined for a quota that is not known. */
function productFor(definition: { readonly edition: string } | undefined) {
  return TICKET_PRODUCTS.find(({ edition }) => edition === definition?.edition);
}
