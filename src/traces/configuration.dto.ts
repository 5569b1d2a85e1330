/** Body of ShowConfiguration and UpdateConfiguration (domain/cts.md §2.9). */
import { z } from 'zod';

const MOST_SERVICES = 200;

export const configurationBody = z.object({
  is_sync_global_trace: z
    .boolean()
    .meta({ description: 'Kept and told; this service has no central region to sync with.' }),
  is_support_read_only: z.boolean().meta({ description: 'Whether read-only traces of all services are stored.' }),
  support_read_only_services: z
    .array(z.string().regex(/^[A-Za-z][A-Za-z0-9._-]{0,63}$/, 'must be the name of a service'))
    .max(MOST_SERVICES)
    .default([])
    .meta({ description: 'Services whose read-only traces are stored even while is_support_read_only is false.' }),
});

export type ConfigurationBody = z.infer<typeof configurationBody>;
