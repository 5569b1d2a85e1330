/** The wire shapes of the registry's login credentials, as the SWR APIs v2 have them (domain/quota.md §1.1, §1.2). */
import { z } from 'zod';
import { registryUsername } from './core/registry-login.js';
import type { IssuedCredential } from './registry-credentials.service.js';
import type { ListedCredential } from './registry-credentials.store.js';
import { keystoneTime } from './token.dto.js';

const MOST_LISTED = 100;
const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"');

export const loginQuerySchema = z.object({
  projectname: z
    .string()
    .min(1)
    .max(64)
    .refine((name) => !name.includes('\0'), 'must not hold a NUL')
    .optional()
    .meta({ description: 'Default: the project in scope, else the only one of the domain.' }),
  duration_seconds: z.coerce
    .number()
    .int()
    .min(900)
    .max(86_400)
    .optional()
    .meta({ description: 'Default: `REGISTRY_LOGIN_TTL_HOURS`, which is also the most.' }),
});
export type LoginQuery = z.infer<typeof loginQuerySchema>;

export const loginResponseSchema = z.object({ auths: z.record(z.string(), z.object({ auth: z.string() })) });
export type LoginResponse = z.infer<typeof loginResponseSchema>;

export const instancePathSchema = z.object({ project_id: z.string(), instance_id: id });
export type InstancePath = z.infer<typeof instancePathSchema>;
export const credentialPathSchema = instancePathSchema.extend({ credential_id: id });
export type CredentialPath = z.infer<typeof credentialPathSchema>;

export const createLongTermSchema = z.object({
  name: z
    .string()
    .max(64)
    .regex(
      /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/,
      'must be 1 to 64 lower-case letters and digits with single ".", "_" or "-" between them',
    ),
});
export const updateLongTermSchema = z.object({ enable: z.boolean() });

export const listLongTermSchema = z.object({
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
  limit: z.coerce.number().int().min(1).max(MOST_LISTED).default(MOST_LISTED),
  self_only: z
    .enum(['true', 'false'])
    .default('true')
    .transform((value) => value === 'true')
    .meta({ description: 'Only administrators may set it to false.' }),
});
export type ListLongTerm = z.infer<typeof listLongTermSchema>;

export const issuedCredentialSchema = z.object({
  auth_token: z.string().meta({ description: 'The password, shown this once.' }),
  token_id: z.string(),
  user_id: z.string().meta({ description: 'The name to log in by.' }),
  created_at: z.string(),
  expire_date: z.string().nullable().meta({ description: 'Null: it does not expire.' }),
});
export type IssuedCredentialView = z.infer<typeof issuedCredentialSchema>;

export const longTermListSchema = z.object({
  total: z.int(),
  auth_tokens: z.array(
    z.object({
      token_id: z.string(),
      name: z.string(),
      instance_id: z.string(),
      user_id: z.string().meta({ description: 'The name to log in by.' }),
      user_profile: z.string().meta({ description: 'Name of the user whose credential it is.' }),
      enable: z.boolean(),
      created_at: z.string(),
      expire_date: z.string().nullable(),
    }),
  ),
});
export type LongTermList = z.infer<typeof longTermListSchema>;

export function renderIssued(
  { id: token, secret, createdAt, expiresAt }: IssuedCredential,
  username: string,
): IssuedCredentialView {
  return {
    auth_token: secret,
    token_id: token,
    user_id: username,
    created_at: keystoneTime(createdAt),
    expire_date: expiresAt === null ? null : keystoneTime(expiresAt),
  };
}

export function renderLongTermList(
  { total, credentials }: { readonly total: number; readonly credentials: readonly ListedCredential[] },
  { project_id: projectId, instance_id: instanceId }: InstancePath,
): LongTermList {
  return {
    total,
    auth_tokens: credentials.map((credential) => ({
      token_id: credential.id,
      name: credential.name,
      instance_id: instanceId,
      user_id: registryUsername({ id: projectId, name: credential.projectName }, credential.id),
      user_profile: credential.userName,
      enable: credential.enabled,
      created_at: keystoneTime(credential.createdAt),
      expire_date: null,
    })),
  };
}
