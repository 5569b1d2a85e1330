/** The wire shapes of reservations and checks (contracts.md, Quotas). */
import { z } from 'zod';
import { MAX_LIMIT } from './core/definition.js';
import { parseScopeKey } from './core/scope.js';
import {
  domainIdSchema,
  exceededItemSchema,
  itemStateSchema,
  quotaKeySchema,
  renderExceeded,
  renderItem,
  renderScope,
  scopeSchema,
} from './quotas.dto.js';
import type { ExceededItem, ReservationAnswer, StoredReservation } from './reservation.js';

const MOST_ITEMS = 20;
const MOST_TTL_S = 86_400;

export const itemSchema = z.strictObject({
  quota_key: quotaKeySchema,
  scope: scopeSchema,
  amount: z.int().min(1).max(MAX_LIMIT).default(1),
  resource_name: z
    .string()
    .max(256)
    .optional()
    .meta({ description: 'Required where traces of single resources are counted.' }),
});
export type WireItem = z.infer<typeof itemSchema>;

const ttlSchema = z.int().min(1).max(MOST_TTL_S).default(300);

export const reserveSchema = z.strictObject({
  domain_id: domainIdSchema.optional().meta({ description: 'Absent: the caller’s own.' }),
  items: z.array(itemSchema).min(1).max(MOST_ITEMS),
  ttl_seconds: ttlSchema,
  dry_run: z
    .boolean()
    .default(false)
    .meta({ description: 'Answers as if it were asked in earnest and changes nothing.' }),
});
export type Reserve = z.infer<typeof reserveSchema>;

export const extendSchema = z.strictObject({ ttl_seconds: ttlSchema });
export type Extend = z.infer<typeof extendSchema>;

export const reservationPathSchema = z.object({ id: z.string().min(1).max(128) });

export const checkSchema = z.strictObject({
  domain_id: domainIdSchema.optional(),
  items: z.array(itemSchema).min(1).max(100),
});
export type Check = z.infer<typeof checkSchema>;

export const reservedSchema = z.object({
  id: z.string().nullable().meta({ description: 'Null of a rehearsal.' }),
  state: z.enum(['held', 'dry_run']),
  expires_at: z.int().nullable(),
  items: z.array(itemStateSchema),
  warnings: z.array(exceededItemSchema).optional(),
});
export type Reserved = z.infer<typeof reservedSchema>;

export const reservationSchema = z.object({
  id: z.string(),
  domain_id: z.string(),
  state: z.enum(['held', 'committed', 'released', 'expired']),
  created_at: z.int(),
  expires_at: z.int(),
  items: z.array(
    z.object({
      quota_key: z.string(),
      scope: scopeSchema,
      amount: z.int(),
      resource_name: z.string().nullable(),
      state: z.enum(['held', 'settled', 'committed', 'released', 'expired']),
    }),
  ),
});
export type ReservationView = z.infer<typeof reservationSchema>;

export const checkedSchema = z.object({
  allowed: z.boolean(),
  items: z.array(itemStateSchema.extend({ needed: z.int(), allowed: z.boolean() })),
  exceeded: z.array(exceededItemSchema),
});
export type Checked = z.infer<typeof checkedSchema>;

type Granted = Extract<ReservationAnswer, { outcome: 'granted' }>;

export function renderReserved({ id, expiresAt, items, warnings }: Granted, isRehearsal: boolean): Reserved {
  return {
    id: isRehearsal ? null : id,
    state: isRehearsal ? 'dry_run' : 'held',
    expires_at: isRehearsal ? null : expiresAt,
    items: items.map(renderItem),
    ...(warnings.length > 0 && { warnings: warnings.map(renderExceeded) }),
  };
}

export function renderReservation({
  id,
  domainId,
  state,
  createdAt,
  expiresAt,
  items,
}: StoredReservation): ReservationView {
  return {
    id,
    domain_id: domainId,
    state,
    created_at: createdAt,
    expires_at: expiresAt,
    items: items.map((item) => ({
      quota_key: item.quotaKey,
      scope: renderScope(parseScopeKey(item.scope, domainId)),
      amount: item.amount,
      resource_name: item.resourceName,
      state: itemStateIn(state, item.state),
    })),
  };
}

/** An item is written only when somebody comes by; what it is follows from the reservation. */
function itemStateIn(state: StoredReservation['state'], item: StoredReservation['items'][number]['state']) {
  return item === 'held' ? state : item;
}

/** Body members of a refusal beyond code and message (contracts.md). */
export function refusalDetails(
  exceeded: readonly ExceededItem[],
  equivalents: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return {
    exceeded: exceeded.map(renderExceeded),
    request_more: '/v1/quota-requests',
    equivalents,
  };
}
