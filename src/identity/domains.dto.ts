/** The wire shapes of `/v1/domains` (contracts.md, Domains). */
import { z } from 'zod';
import { passwordProblems } from './password-rules.js';

const id = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-", e.g. 32 hex digits')
    .meta({ description: 'Absent: 32 hex digits are made up.' });
const name = () =>
  z
    .string()
    .regex(
      /^[^\p{C}\s](?:[^\p{C}]{0,62}[^\p{C}\s])?$/u,
      'must be 1 to 64 printable characters, no blank at either end',
    );

const projectSchema = z.strictObject({ name: name(), id: id().optional(), region: name() });

const administratorSchema = z
  .strictObject({
    name: name(),
    password: z.string().max(1_024).meta({ description: 'As docs/security.md, Passwords and logins.' }),
  })
  .superRefine(({ name: userName, password }, context) => {
    for (const message of passwordProblems(password, { userName }))
      context.addIssue({ code: 'custom', path: ['password'], message });
  });

/** The default project of a region: the first that is not named as a part of it, else the first. */
export function defaultProject<P extends { readonly name: string; readonly region: string }>(
  projects: readonly P[],
  region: string,
): P | undefined {
  const there = projects.filter((project) => project.region === region);
  return there.find(({ name: given }) => !given.startsWith(`${region}_`)) ?? there[0];
}

export const createDomainSchema = z
  .strictObject({
    name: name(),
    id: id().optional(),
    projects: z.array(projectSchema).min(1).max(100),
    administrator: administratorSchema,
  })
  .superRefine(({ projects }, context) => {
    projects.forEach((project, index) => {
      const { name: given, region } = project;
      if (defaultProject(projects, region) === project || given.startsWith(`${region}_`)) return;
      const message = `must begin with ${region}_, as there is another project in this region`;
      context.addIssue({ code: 'custom', path: ['projects', index, 'name'], message });
    });
    for (const member of ['name', 'id'] as const)
      projects.forEach((project, index) => {
        const first = projects.findIndex((other) => other[member] === project[member]);
        if (project[member] === undefined || first === index) return;
        context.addIssue({
          code: 'custom',
          path: ['projects', index, member],
          message: `is the same as projects[${String(first)}].${member}`,
        });
      });
  });
export type CreateDomain = z.infer<typeof createDomainSchema>;

export const updateDomainSchema = z
  .strictObject({ enabled: z.boolean().optional(), recording: z.boolean().optional() })
  .refine(({ enabled, recording }) => enabled !== undefined || recording !== undefined, 'needs enabled or recording');
export type UpdateDomain = z.infer<typeof updateDomainSchema>;

export const listDomainsSchema = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.string().max(512).optional(),
});
export type ListDomains = z.infer<typeof listDomainsSchema>;

export const domainPathSchema = z.object({ id: z.string().max(64) });

const domainSchema = z.object({
  id: z.string(),
  name: z.string(),
  enabled: z.boolean(),
  recording: z.boolean(),
  is_operator: z.boolean(),
  created_at: z.int().meta({ description: 'Epoch milliseconds.' }),
});
const projectViewSchema = z.object({ id: z.string(), name: z.string(), region: z.string() });

export const domainViewSchema = z.object({ domain: domainSchema, projects: z.array(projectViewSchema) });
export type DomainView = z.infer<typeof domainViewSchema>;

export const createdDomainSchema = domainViewSchema.extend({
  administrator: z.object({ id: z.string(), name: z.string() }),
});
export type CreatedDomain = z.infer<typeof createdDomainSchema>;

export const domainListSchema = z.object({
  domains: z.array(domainSchema.extend({ projects: z.array(projectViewSchema) })),
  page: z.object({ count: z.int(), next: z.string().nullable() }),
});
export type DomainList = z.infer<typeof domainListSchema>;
