/** The wire shapes of `/v1/credentials/verify`. */
import { z } from 'zod';
import type { VerifiedLogin } from './registry-logins.service.js';

export const verifyLoginSchema = z.strictObject({
  username: z.string().min(1).max(320),
  password: z.string().min(1).max(1_024),
  instance_id: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"')
    .optional()
    .meta({ description: 'Absent: of the shared edition.' }),
});
export type VerifyLogin = z.infer<typeof verifyLoginSchema>;

const pair = z.object({ id: z.string(), name: z.string() });

export const verifiedLoginSchema = z.discriminatedUnion('valid', [
  z.object({
    valid: z.literal(true),
    kind: z.enum(['access_key', 'temporary', 'long_term']),
    user: pair,
    domain: pair,
    project: pair,
    groups: z.array(z.string()).meta({ description: 'Ids.' }),
    expires_at: z.int().nullable().meta({ description: 'Epoch milliseconds; null: it does not expire.' }),
  }),
  z.object({ valid: z.literal(false) }),
]);
export type VerifiedLoginView = z.infer<typeof verifiedLoginSchema>;

export function renderVerified(login: VerifiedLogin | null): VerifiedLoginView {
  if (login === null) return { valid: false };
  const { kind, user, project, groups, expiresAt } = login;
  return {
    valid: true,
    kind,
    user: { id: user.id, name: user.name },
    domain: { id: user.domainId, name: user.domainName },
    project: { id: project.id, name: project.name },
    groups: [...groups],
    expires_at: expiresAt,
  };
}
