/** Turns the token of the configured external issuer (OpenID Connect) into the principal that it stands for. */
import { Inject, Injectable, Logger } from '@nestjs/common';
import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../kernel/clock.js';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import type { Config } from '../platform/config/config.schema.js';
import { CLOCK, CONFIG } from '../platform/tokens.js';
import { refusedCredentials } from './authentication.js';
import { FederationStore } from './federation.store.js';
import { IssuerKeys, IssuerUnavailable } from './issuer-keys.js';

/** Signatures by a key pair only: with a shared secret, whoever can check a token could make one. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const TOLERANCE_S = 30;
/** As our own tokens: an older one is refused, whatever it says about its end. */
const LONGEST_LIFE = '24h';
const MOST_GROUPS = 200;
const LONGEST_TEXT = 128;
/** No user of ours has a colon in its id, so none can be taken for another. */
const ID_PREFIX = 'oidc:';

interface Claims {
  readonly userId: string;
  readonly userName: string;
  readonly domain: string;
  readonly project: string | null;
  readonly groups: readonly string[];
}

@Injectable()
export class ExternalIssuer {
  private readonly logger = new Logger(ExternalIssuer.name);
  private readonly keys: IssuerKeys | null;

  constructor(
    private readonly store: FederationStore,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    const { OIDC_ISSUER: issuer, OIDC_JWKS_URI: jwksUri = null } = config;
    this.keys = issuer === undefined ? null : new IssuerKeys({ issuer, jwksUri }, clock);
  }

  /** Whether the token says to be of the external issuer; believed only once it is verified. */
  claims(token: string): boolean {
    if (this.keys === null) return false;
    try {
      return decodeJwt(token).iss === this.config.OIDC_ISSUER;
    } catch {
      return false;
    }
  }

  /**
   * Throws `APIGW.0301`, in the same words whatever is amiss; `QST.Unavailable` where the issuer could not be asked. The
   * principal is never of the operator plane and no administrator.
   */
  async authenticate(token: string): Promise<Principal> {
    const claims = this.read(await this.verified(token));
    const scope = claims && (await this.store.scope(claims.domain, claims.project, claims.groups));
    // A project that was asked for and is not the domain's must not quietly become the whole domain.
    if (!claims || !scope || (claims.project !== null && scope.projectId === null)) throw refused();
    return {
      userId: claims.userId,
      userName: claims.userName,
      ...scope,
      isOperator: false,
      isAdministrator: false,
      accessKeyId: null,
      mfaAt: null,
      isFederated: true,
    };
  }

  private async verified(token: string): Promise<JWTPayload> {
    const { keys } = this;
    const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience } = this.config;
    if (keys === null || issuer === undefined || audience === undefined) throw refused();
    try {
      const { payload } = await jwtVerify(token, keys.get, {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        clockTolerance: TOLERANCE_S,
        currentDate: new Date(this.clock.now()),
        requiredClaims: ['exp', 'iat'],
        // Also refuses what is said to be issued in the future.
        maxTokenAge: LONGEST_LIFE,
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JWKSTimeout || error instanceof IssuerUnavailable) {
        // Told once for each attempt, not for each request that is turned away meanwhile.
        if (error.cause !== undefined) this.logger.warn(`${error.message}: ${causeOf(error)}`);
        throw new AppError('QST.Unavailable', 'The token cannot be checked now. Try again later.', { cause: error });
      }
      if (error instanceof errors.JOSEError) throw refused(error);
      throw error;
    }
  }

  /** Null where a claim that is needed is missing, or is no text of a fit length. */
  private read(payload: JWTPayload): Claims | null {
    const { config } = this;
    const id = textOf(payload[config.OIDC_CLAIM_USER_ID]);
    const domain = textOf(payload[config.OIDC_CLAIM_DOMAIN]);
    const namedProject = payload[config.OIDC_CLAIM_PROJECT];
    const project = textOf(namedProject);
    if (id === null || domain === null || (namedProject !== undefined && project === null)) return null;
    const groups = payload[config.OIDC_CLAIM_GROUPS];
    return {
      userId: `${ID_PREFIX}${id}`,
      userName: textOf(payload[config.OIDC_CLAIM_USER_NAME]) ?? id,
      domain,
      project,
      groups: Array.isArray(groups)
        ? groups.slice(0, MOST_GROUPS).flatMap((group: unknown) => textOf(group) ?? [])
        : [],
    };
  }
}

/** A NUL is no part of a name, and Postgres refuses it in any text. */
function textOf(value: unknown): string | null {
  if (typeof value !== 'string' || value === '' || value.length > LONGEST_TEXT || value.includes('\0')) return null;
  return value;
}

function refused(cause?: unknown): AppError {
  return refusedCredentials('decrypt token fail', cause);
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
