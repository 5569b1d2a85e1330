/** Settings of what goes out, webhooks, and of how much may come in. */
import { z } from 'zod';
import { isNetwork } from '../http/address-policy.js';
import { flag, integer, list, variable } from './variable.js';

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
