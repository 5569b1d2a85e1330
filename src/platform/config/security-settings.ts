/** Settings of tokens, of failed logins, and of the external issuer whose tokens are believed. */
import { z } from 'zod';
import { integer, optionalText, variable } from './variable.js';

const claim = (fallback: string) => z.string().min(1).max(128).default(fallback);
const issuerUrl = () =>
  z
    .string()
    .refine(isProtectedUrl, 'must be an https URL (http only to a loopback address), without credentials or fragment')
    .optional();

export const securitySettings = {
  TOKEN_TTL_HOURS: variable(integer(24, 1, 24), {
    group: 'Security',
    description: 'Hours for which a token is valid.',
  }),
  SIGNING_KEY_ROTATION_DAYS: variable(integer(30, 0, 3_650), {
    group: 'Security',
    description: 'Days after which tokens are signed by a new key; 0: only on demand.',
  }),
  LOGIN_LOCK_FAILURES: variable(integer(5, 1, 1_000), {
    group: 'Security',
    description: 'Failed logins within `LOGIN_LOCK_MINUTES` after which a user is locked.',
  }),
  LOGIN_LOCK_MINUTES: variable(integer(15, 1, 1_440), {
    group: 'Security',
    description: 'Minutes for which failed logins are counted, and for which a lock lasts.',
  }),
  LOGIN_ADDRESS_FAILURES: variable(integer(50, 1, 1_000_000), {
    group: 'Security',
    description: 'Failed logins within `LOGIN_LOCK_MINUTES` after which an address is locked, whatever users it tried.',
  }),
  OIDC_ISSUER: variable(issuerUrl(), {
    group: 'Security',
    description: 'External issuer (OpenID Connect) whose JWTs are accepted as `X-Auth-Token`; absent: none is.',
    example: 'https://login.example.org/realms/registry',
  }),
  OIDC_AUDIENCE: variable(optionalText(), {
    group: 'Security',
    description: 'Audience its tokens must name. Required with `OIDC_ISSUER`.',
    example: 'quaestor',
  }),
  OIDC_JWKS_URI: variable(issuerUrl(), {
    group: 'Security',
    description: 'Where its keys are; absent: what `OIDC_ISSUER/.well-known/openid-configuration` says.',
  }),
  OIDC_CLAIM_USER_ID: variable(claim('sub'), { group: 'Security', description: 'Claim with the id of the user.' }),
  OIDC_CLAIM_USER_NAME: variable(claim('preferred_username'), {
    group: 'Security',
    description: 'Claim with the name of the user; where a token has none, the id is the name.',
  }),
  OIDC_CLAIM_DOMAIN: variable(claim('domain'), {
    group: 'Security',
    description: 'Claim with the id or the name of the domain, which must exist and be enabled.',
  }),
  OIDC_CLAIM_PROJECT: variable(claim('project'), {
    group: 'Security',
    description: 'Claim with the id or the name of a project of that domain; may be missing.',
  }),
  OIDC_CLAIM_GROUPS: variable(claim('groups'), {
    group: 'Security',
    description: 'Claim with a list of names of groups; those that the domain has count.',
  }),
} as const;

interface OidcSettings {
  readonly OIDC_ISSUER?: string | undefined;
  readonly OIDC_AUDIENCE?: string | undefined;
  readonly OIDC_JWKS_URI?: string | undefined;
}

export function checkOidc(settings: OidcSettings, problem: (name: string, message: string) => void): void {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_JWKS_URI: keys } = settings;
  if (issuer !== undefined && audience === undefined) problem('OIDC_AUDIENCE', 'is required with OIDC_ISSUER');
  if (issuer === undefined && (audience !== undefined || keys !== undefined))
    problem('OIDC_ISSUER', 'is required with OIDC_AUDIENCE or OIDC_JWKS_URI');
}

/** Keys that anybody on the way could exchange are none: https, or this very machine. */
export function isProtectedUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username !== '' || password !== '' || hash !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
