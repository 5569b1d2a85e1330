/** Lists of requests: one's own or a domain's, and what waits for an approver over all domains (issue 8 §1). */
import { Injectable } from '@nestjs/common';
import type { JsonValue } from '../kernel/cursor.js';
import { AppError } from '../kernel/errors.js';
import type { Actor } from '../identity/index.js';
import { badCursor, CursorSigner, cursorScope } from '../platform/http/cursor-signer.js';
import { AskReader, scopeKey } from '../quotas/index.js';
import { OPEN_STATES } from './core/request-states.js';
import { type QuotaRequest, type RequestStep, userKey } from './quota-request.js';
import { RequestAccess, type TenantAction } from './request-access.service.js';
import {
  type RequestFigures,
  type RequestFilter,
  RequestListsStore,
  type RequestOrder,
  type RequestPosition,
} from './request-lists.store.js';

type Caller = Pick<Actor, 'principal' | 'origin'>;

/** What a caller wants to see; whose it is follows from who it is. */
export interface RequestSelection extends Omit<RequestFilter, 'domainId' | 'own'> {
  /** Undefined: the caller's own. */
  readonly domainId: string | undefined;
  readonly allDomains: boolean;
}

export interface RequestPage {
  readonly requests: readonly { readonly request: QuotaRequest; readonly history: readonly RequestStep[] }[];
  readonly next: string | null;
}

interface PageWish {
  readonly order: RequestOrder;
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** Rows that one page of the inbox looks at, at most: those not for the caller are passed over. */
const MOST_SCANNED = 2_000;

@Injectable()
export class RequestLists {
  constructor(
    private readonly store: RequestListsStore,
    private readonly access: RequestAccess,
    private readonly asks: AskReader,
    private readonly cursors: CursorSigner,
  ) {}

  async list(actor: Caller, selection: RequestSelection, wish: PageWish): Promise<RequestPage> {
    const filter = await this.filterFor(actor, 'quota:request:list', selection);
    return this.page(actor, 'requests1', filter, wish, () => Promise.resolve(true));
  }

  /** Open requests that the caller may approve, of whatever domain; none of its own. */
  async inbox(actor: Caller, selection: RequestSelection, wish: PageWish): Promise<RequestPage> {
    const states = selection.states ?? OPEN_STATES;
    const filter = { ...selection, domainId: selection.domainId ?? null, own: null, states };
    return this.page(
      actor,
      'inbox1',
      filter,
      wish,
      async (request) =>
        !this.access.mayNotDecide(actor.principal, request) &&
        (await this.access.may(actor, 'quota:request:approve', request)),
    );
  }

  async figures(actor: Caller, selection: RequestSelection): Promise<RequestFigures[]> {
    return this.store.figures(await this.filterFor(actor, 'quota:request:list', selection));
  }

  /** Without a policy on all of the domain, what is one's own. Throws `QST.Forbidden` for all domains without one on them. */
  async filterFor(actor: Caller, action: TenantAction, selection: RequestSelection): Promise<RequestFilter> {
    const { allDomains, ...rest } = selection;
    const { principal } = actor;
    if (allDomains) {
      if (principal.isOperator && (await this.access.mayInDomain(actor, action, '*')))
        return { ...rest, domainId: null, own: null };
      throw new AppError(
        'QST.Forbidden',
        `You are not authorized to perform this operation: no policy allows ${action} in all domains.`,
      );
    }
    const domainId = await this.asks.domainFor(principal, rest.domainId);
    const all = await this.access.mayInDomain(actor, action, domainId);
    const [, , userPart = ''] = scopeKey({ kind: 'user', projectId: '', id: principal.userId }).split('/');
    const own = all ? null : { key: userKey(principal), domainId: principal.domainId, userPart };
    return { ...rest, domainId, own };
  }

  private async page(
    { principal }: Caller,
    version: string,
    filter: RequestFilter,
    { order, limit, cursor }: PageWish,
    isFor: (request: QuotaRequest) => Promise<boolean>,
  ): Promise<RequestPage> {
    const scope = cursorScope(version, principal, { ...filter, order });
    let after = cursor === undefined ? null : positionFrom(this.cursors.decode(cursor, scope));
    const shown: QuotaRequest[] = [];
    let scanned = 0;
    let more = true;
    while (more && shown.length < limit && scanned < MOST_SCANNED) {
      const found = await this.store.page(filter, order, after, limit + 1);
      more = found.length > limit;
      for (const request of found.slice(0, limit)) {
        if (shown.length === limit) {
          more = true;
          break;
        }
        scanned += 1;
        after = [valueOf(request, order), request.id];
        if (await isFor(request)) shown.push(request);
      }
    }
    const histories = await this.store.histories(shown);
    return {
      requests: shown.map((request) => ({ request, history: histories.get(request.id) ?? [] })),
      next: more && after !== null ? this.cursors.encode([...after], scope) : null,
    };
  }
}

function valueOf(request: QuotaRequest, { column }: RequestOrder): number {
  switch (column) {
    case 'created_at':
      return request.createdAt;
    case 'updated_at':
      return request.updatedAt;
    case 'due_at':
      return request.dueAt;
  }
}

function positionFrom(payload: JsonValue): RequestPosition {
  if (Array.isArray(payload)) {
    const [value, id] = payload as readonly unknown[];
    if (typeof value === 'number' && typeof id === 'string') return [value, id];
  }
  throw badCursor('is not a cursor of this list');
}
