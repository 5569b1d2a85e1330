/** Wire shapes of `/v1/webhooks`. */
import { z } from 'zod';
import { isSubscription } from '../core/webhook-events.js';
import type { Delivery } from './webhook-deliveries.store.js';
import { MOST_URL_LENGTH } from './webhook-url.js';
import type { Webhook, WebhookValues } from './webhooks.store.js';

const id = () => z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits');
const epochMs = () => z.int().meta({ description: 'Epoch milliseconds.' });

const url = () => z.string().max(MOST_URL_LENGTH);
const description = () =>
  z
    .string()
    .max(200)
    .refine((text) => !text.includes('\0'), 'must not hold a NUL');
const events = () =>
  z
    .array(z.string().refine(isSubscription, 'must be an event, `*`, or the beginning of events like `quota.*`'))
    .min(1)
    .max(20)
    .transform((given) => [...new Set(given)]);
const everyDomain = () =>
  z.boolean().meta({ description: 'Told of the events of every domain; only for webhooks of the operator.' });

export const createWebhookSchema = z.strictObject({
  url: url(),
  description: description().default(''),
  events: events().default(['*']),
  enabled: z.boolean().default(true),
  every_domain: everyDomain().default(false),
});
export type CreateWebhook = z.infer<typeof createWebhookSchema>;

export const changeWebhookSchema = z.strictObject({
  url: url().optional(),
  description: description().optional(),
  events: events().optional(),
  enabled: z.boolean().optional(),
  every_domain: everyDomain().optional(),
});
export type ChangeWebhook = z.infer<typeof changeWebhookSchema>;

export const rotateSecretSchema = z.strictObject({
  grace_hours: z
    .int()
    .min(0)
    .max(168)
    .default(24)
    .meta({ description: 'Hours for which the former secret signs as well; 0: it is void at once.' }),
});
export type RotateSecret = z.infer<typeof rotateSecretSchema>;

export const webhookPathSchema = z.object({ id: id() });
export const deliveryPathSchema = z.object({ id: id(), delivery_id: id() });
export type DeliveryPath = z.infer<typeof deliveryPathSchema>;

export const deliveryQuerySchema = z.object({
  state: z.enum(['pending', 'delivered', 'failed']).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(4_096).optional().meta({ description: '`page.next` of the page before.' }),
});
export type DeliveryQuery = z.infer<typeof deliveryQuerySchema>;

export const webhookSchema = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string(),
  events: z.array(z.string()),
  enabled: z.boolean(),
  every_domain: z.boolean(),
  previous_secret_until: epochMs().nullable(),
  created_at: epochMs(),
  updated_at: epochMs(),
});
export type WireWebhook = z.infer<typeof webhookSchema>;

export const webhookListSchema = z.object({ webhooks: z.array(webhookSchema) });

export const webhookWithSecretSchema = webhookSchema.extend({
  secret: z.string().meta({ description: 'Told this once.' }),
});
export type WebhookWithSecret = z.infer<typeof webhookWithSecretSchema>;

export const deliverySchema = z.object({
  id: z.string().meta({ description: 'What the header `webhook-id` says, the same at every attempt.' }),
  event: z.string(),
  subject: z.string(),
  state: z.enum(['pending', 'delivered', 'failed']),
  created_at: epochMs(),
  next_at: epochMs().nullable().meta({ description: 'When the next attempt is due.' }),
  finished_at: epochMs().nullable(),
  attempts: z.array(z.object({ at: epochMs(), ms: z.int(), status: z.int().nullable(), note: z.string() })),
});
export type WireDelivery = z.infer<typeof deliverySchema>;

export const deliveryListSchema = z.object({
  deliveries: z.array(deliverySchema),
  page: z.object({ count: z.int(), next: z.string().nullable() }),
});
export type DeliveryList = z.infer<typeof deliveryListSchema>;

export function valuesFrom({ every_domain: every, ...rest }: CreateWebhook): WebhookValues {
  return { ...rest, everyDomain: every };
}

/** Without what is not given. */
export function changeFrom({ every_domain: everyDomain, ...rest }: ChangeWebhook): Partial<WebhookValues> {
  return Object.fromEntries(Object.entries({ ...rest, everyDomain }).filter(([, value]) => value !== undefined));
}

export function renderWebhook(webhook: Webhook): WireWebhook {
  const { id: own, url: to, description: said, events: told, enabled } = webhook;
  return {
    id: own,
    url: to,
    description: said,
    events: [...told],
    enabled,
    every_domain: webhook.everyDomain,
    previous_secret_until: webhook.previousUntil,
    created_at: webhook.createdAt,
    updated_at: webhook.updatedAt,
  };
}

export function renderDelivery(delivery: Delivery): WireDelivery {
  const { id: own, event, subject, state, attempts } = delivery;
  return {
    id: own,
    event,
    subject,
    state,
    created_at: delivery.createdAt,
    next_at: delivery.nextAt,
    finished_at: delivery.finishedAt,
    attempts: [...attempts],
  };
}
