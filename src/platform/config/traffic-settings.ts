/** Settings of thresholds of quotas, and of the webhooks that are told of them. */
import { z } from 'zod';
import { isNetwork } from '../http/address-policy.js';
import { flag, integer, list, variable } from './variable.js';

export const thresholdSettings = {
  QUOTA_THRESHOLD_HYSTERESIS: variable(integer(5, 0, 50), {
    group: 'Quotas',
    description: 'Percentage points that use must fall below a threshold before reaching it is told again.',
  }),
  QUOTA_THRESHOLD_COOLDOWN_MINUTES: variable(integer(60, 0, 10_080), {
    group: 'Quotas',
    description:
      'Minutes after a threshold was told in which neither it nor a lower one of the same quota is told again.',
  }),
} as const;

export const webhookSettings = {
  WEBHOOK_ALLOW_HTTP: variable(flag(false), {
    group: 'Webhooks',
    description: 'Accept webhooks whose URL is `http`; otherwise `https` alone.',
  }),
  WEBHOOK_ALLOWED_NETWORKS: variable(
    list()
      .pipe(z.array(z.string().refine(isNetwork, 'must be a network in CIDR notation')))
      .default([]),
    {
      group: 'Webhooks',
      description:
        'Networks in CIDR notation, comma-separated, that webhooks may be sent to though they are not public; empty: none.',
      example: '10.20.0.0/16',
    },
  ),
  WEBHOOK_TIMEOUT_MS: variable(integer(10_000, 100, 30_000), {
    group: 'Webhooks',
    description:
      'How long one attempt to deliver a webhook may take, from resolving the name to the end of the answer.',
  }),
} as const;
