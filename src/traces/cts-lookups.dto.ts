/** Queries and answers of the CTS look-ups (domain/cts.md §2.5, §2.6). */
import { z } from 'zod';

const name = () =>
  z
    .string()
    .transform((value) => (value === '' ? undefined : value))
    .optional();

export const listOperationsQuery = z
  .object({
    service_type: name().meta({ description: 'Letters in any case.' }),
    resource_type: name().meta({ description: 'Letters in any case; needs service_type.' }),
  })
  .superRefine(({ service_type, resource_type }, context) => {
    if (resource_type !== undefined && service_type === undefined)
      context.addIssue({ code: 'custom', path: ['resource_type'], message: 'needs service_type' });
  });
export type ListOperationsQuery = z.infer<typeof listOperationsQuery>;

export const operationsAnswer = z.object({
  operations: z.array(
    z.object({ service_type: z.string(), resource_type: z.string(), operation_list: z.array(z.string()) }),
  ),
});
export type OperationsAnswer = z.infer<typeof operationsAnswer>;

export const resourcesAnswer = z.object({
  resources: z.array(z.object({ service_type: z.string(), resource: z.array(z.string()) })),
});
export type ResourcesAnswer = z.infer<typeof resourcesAnswer>;

export const usersAnswer = z.object({ users: z.array(z.object({ name: z.string() })) });
export type UsersAnswer = z.infer<typeof usersAnswer>;

export const quotasAnswer = z.object({
  resources: z.array(z.object({ type: z.string(), used: z.int(), quota: z.int() })),
});
export type QuotasAnswer = z.infer<typeof quotasAnswer>;
