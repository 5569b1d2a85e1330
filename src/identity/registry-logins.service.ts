/** Tells registries whether a name and a password let somebody in, and whom (domain/quota.md §1.1, §1.2). */
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { CLOCK } from '../platform/tokens.js';
import { BEARER, parseRegistryUsername } from './core/registry-login.js';
import type { Actor } from './directory-recorder.service.js';
import type { UserRecord } from './directory.store.js';
import { LoginUse } from './login-use.service.js';
import { hashOfSecret } from './registry-credentials.service.js';
import { type CredentialLogin, type KeyLogin, RegistryLoginsStore } from './registry-logins.store.js';
import { SigningSecrets } from './signing-secrets.service.js';

export interface GivenLogin {
  readonly username: string;
  readonly password: string;
  /** Empty: of the shared edition. */
  readonly instanceId: string;
}

export interface VerifiedLogin {
  readonly kind: 'access_key' | 'temporary' | 'long_term';
  readonly user: UserRecord;
  readonly project: { readonly id: string; readonly name: string };
  readonly groups: readonly string[];
  /** Epoch ms; null: it does not expire. */
  readonly expiresAt: number | null;
}

/** `refusal` is fit for a trace, and for nobody who tries. */
type Outcome = { readonly login: VerifiedLogin } | { readonly refusal: string };

/** Whatever is tried, as much is looked up and compared as for a login that is right. */
const NOBODY = { project: '', credential: '' };
const NO_SECRET = createSecretKey(Buffer.alloc(32, 1));
const NO_HASH = Buffer.alloc(32);

@Injectable()
export class RegistryLogins {
  constructor(
    private readonly store: RegistryLoginsStore,
    private readonly secrets: SigningSecrets,
    private readonly use: LoginUse,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Null for whatever is no good; why is told to the trace of it alone. `actor` is the registry that asks. */
  async verify(given: GivenLogin, actor: Actor): Promise<VerifiedLogin | null> {
    const { project, credential } = parseRegistryUsername(given.username) ?? NOBODY;
    const [key, stored] = await Promise.all([this.store.key(credential, project), this.store.credential(credential)]);
    const secret = key ? await this.secrets.open(credential, key.secretSealed) : NO_SECRET;
    const isKeys = sameText(given.password, createHmac('sha256', secret).update(credential).digest('hex'));
    const isStored = timingSafeEqual(hashOfSecret(given.password), stored?.secretHash ?? NO_HASH);
    const outcome = stored
      ? ofCredential(stored, isStored, project, given.instanceId, this.clock.now())
      : ofKey(key, isKeys, given.instanceId);
    if ('refusal' in outcome) {
      this.use.refused((stored ?? key)?.user ?? null, given, outcome.refusal, actor);
      return null;
    }
    if (stored) this.use.used(outcome.login.user.domainId, stored.id);
    else this.use.usedKey(outcome.login.user.domainId, credential);
    return outcome.login;
  }
}

function ofKey(key: KeyLogin | null, matches: boolean, instanceId: string): Outcome {
  if (key === null) return { refusal: 'there is no such login' };
  if (!matches) return { refusal: 'the password is wrong' };
  if (!key.enabled) return { refusal: 'the access key is disabled' };
  if (!key.isProgrammatic) return { refusal: 'the user is to sign in at the console only' };
  if (instanceId !== '') return { refusal: 'access keys open no instance of the enterprise edition' };
  return ofHolder(key, 'access_key', null);
}

function ofCredential(
  stored: CredentialLogin,
  matches: boolean,
  project: string,
  instanceId: string,
  now: number,
): Outcome {
  const { expiresAt } = stored;
  if (!matches) return { refusal: 'the password is wrong' };
  if (!stored.enabled)
    return { refusal: 'the credential is disabled, or from before the tokens of its user became invalid' };
  if (expiresAt !== null && expiresAt <= now) return { refusal: 'the credential has expired' };
  if (stored.instanceId !== instanceId) return { refusal: 'the credential is of another instance' };
  const named = stored.project && [stored.project.id, stored.project.name, BEARER].includes(project);
  if (!named) return { refusal: 'the credential is of another project' };
  return ofHolder(stored, expiresAt === null ? 'long_term' : 'temporary', expiresAt);
}

function ofHolder(
  { user, groups, project }: KeyLogin | CredentialLogin,
  kind: VerifiedLogin['kind'],
  expiresAt: number | null,
): Outcome {
  if (!user.enabled) return { refusal: 'the user or its domain is disabled' };
  if (project === null) return { refusal: 'there is no such project' };
  return { login: { kind, user, project, groups, expiresAt } };
}

/** In a time that tells nothing of either. */
function sameText(given: string, expected: string): boolean {
  return timingSafeEqual(hashOfSecret(given), hashOfSecret(expected));
}
