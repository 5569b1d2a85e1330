/** The wire shapes of `/v3/auth/tokens` (domain/iam.md §4). Members this service does not use are ignored, as keystone does. */
import { z } from 'zod';
import type { ProjectRecord, UserRecord } from './directory.store.js';
import type { TokenClaims } from './token.service.js';

const NAME_LENGTH = 256;
const PASSWORD_LENGTH = 1_024;
const PASSCODE_LENGTH = 64;
/** Postgres takes no NUL in a text. */
const text = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((value) => !value.includes('\0'), 'must not hold a NUL');

const reference = z.object({ id: text(NAME_LENGTH).optional(), name: text(NAME_LENGTH).optional() });
const named = reference.refine(({ id, name }) => id !== undefined || name !== undefined, 'needs an id or a name');

const userSchema = z
  .object({
    id: text(NAME_LENGTH).optional(),
    name: text(NAME_LENGTH).optional(),
    domain: named.optional(),
    password: text(PASSWORD_LENGTH),
  })
  .superRefine(({ id, name, domain }, context) => {
    if (id !== undefined) return;
    if (name === undefined) context.addIssue({ code: 'custom', path: ['name'], message: 'is required without an id' });
    if (domain === undefined)
      context.addIssue({ code: 'custom', path: ['domain'], message: 'is required without an id' });
  });

/** Whose passcode it is must be said once more; the password's user is meant. */
const totpUserSchema = z.object({
  id: text(NAME_LENGTH).optional(),
  name: text(NAME_LENGTH).optional(),
  passcode: text(PASSCODE_LENGTH),
});

const METHODS = [['password'], ['password', 'totp'], ['totp', 'password'], ['assume_role']];
const isOffered = (methods: readonly string[]): boolean =>
  METHODS.some((offered) => offered.length === methods.length && offered.every((name, at) => name === methods[at]));

const identitySchema = z
  .object({
    methods: z
      .array(z.string())
      .refine(isOffered, 'must be ["password"] or ["password","totp"]')
      .meta({ description: '`password`, and `totp` for users with an MFA device. `assume_role` is always refused.' }),
    password: z.object({ user: userSchema }).optional(),
    totp: z.object({ user: totpUserSchema }).optional(),
  })
  .superRefine((identity, context) => {
    for (const method of ['password', 'totp'] as const)
      if (identity.methods.includes(method) && identity[method] === undefined)
        context.addIssue({ code: 'custom', path: [method], message: 'is required by methods' });
  });

export const tokenRequestSchema = z.object({
  auth: z.object({
    identity: identitySchema,
    /** Both: the project wins. None: the user's domain. */
    scope: z.object({ project: named.optional(), domain: named.optional() }).optional(),
  }),
});
export type TokenRequest = z.infer<typeof tokenRequestSchema>;
export type GivenUser = z.infer<typeof userSchema>;
export type GivenScope = TokenRequest['auth']['scope'];

/** What somebody shows to be who they say. */
export interface Credentials {
  readonly user: GivenUser;
  readonly totp: z.infer<typeof totpUserSchema> | null;
}

/** Null: not by password, so by `assume_role`, which is the only other method that passes the schema. */
export function credentialsOf({ methods, password, totp }: TokenRequest['auth']['identity']): Credentials | null {
  if (password === undefined || !methods.includes('password')) return null;
  return { user: password.user, totp: methods.includes('totp') ? (totp?.user ?? null) : null };
}

/** Its mere presence drops the catalogue. */
export const tokenQuerySchema = z.object({ nocatalog: z.string().optional() });

const pair = z.object({ id: z.string(), name: z.string() });

export const tokenResponseSchema = z.object({
  token: z.object({
    methods: z.array(z.string()),
    issued_at: z.string(),
    expires_at: z.string(),
    mfa_authn_at: z.string().optional(),
    user: z.object({ id: z.string(), name: z.string(), password_expires_at: z.string(), domain: pair }),
    project: z.object({ id: z.string(), name: z.string(), domain: pair }).optional(),
    domain: pair.optional(),
    roles: z.array(pair),
    catalog: z
      .array(
        z.object({
          id: z.string(),
          name: z.string(),
          type: z.string(),
          endpoints: z.array(
            z.object({
              id: z.string(),
              interface: z.string(),
              region: z.string(),
              region_id: z.string(),
              url: z.string(),
            }),
          ),
        }),
      )
      .optional(),
  }),
});
export type TokenResponse = z.infer<typeof tokenResponseSchema>;

/** What there is to tell of a token. */
interface RenderedToken {
  readonly claims: TokenClaims;
  readonly user: UserRecord;
  readonly project: ProjectRecord | null;
}

/** @param baseUrl where the caller reached us; null leaves the catalogue out */
export function renderToken({ claims, user, project }: RenderedToken, baseUrl: string | null): TokenResponse {
  const domain = { id: user.domainId, name: user.domainName };
  const { issuedAt, expiresAt, mfaAt } = claims;
  return {
    token: {
      methods: mfaAt === null ? ['password'] : ['password', 'totp'],
      // As it stands in the token itself: whole seconds.
      issued_at: keystoneTime(Math.floor(issuedAt / 1_000) * 1_000),
      expires_at: keystoneTime(expiresAt),
      ...(mfaAt !== null && { mfa_authn_at: keystoneTime(mfaAt) }),
      // Empty: the password does not expire.
      user: { id: user.id, name: user.name, password_expires_at: '', domain },
      ...(project ? { project: { id: project.id, name: project.name, domain } } : { domain }),
      roles: user.isAdministrator ? [{ id: '0', name: 'te_admin' }] : [],
      ...(baseUrl === null ? {} : { catalog: catalog(baseUrl, project) }),
    },
  };
}

function catalog(baseUrl: string, project: ProjectRecord | null): NonNullable<TokenResponse['token']['catalog']> {
  const service = (name: string, region: string, url: string) => ({
    id: name,
    name,
    type: name,
    endpoints: [{ id: `${name}-public`, interface: 'public', region, region_id: region, url }],
  });
  const global = service('iam', '*', `${baseUrl}/v3.0`);
  return project ? [global, service('cts', project.region, `${baseUrl}/v3/${project.id}`)] : [global];
}

/** `2026-01-15T08:30:00.000000Z`. */
export function keystoneTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z');
}
