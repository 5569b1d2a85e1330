/** Turns a signature with an access key into the principal it stands for at this instant (domain/iam.md §5). */
import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import type { Principal } from '../kernel/principal.js';
import { type Config } from '../platform/config/config.schema.js';
import { CLOCK, CONFIG } from '../platform/tokens.js';
import { type PresentedRequest, refusedCredentials } from './authentication.js';
import { canonicalRequests, derivationInfo, stringToSign } from './core/canonical-request.js';
import type { PresentedSignature } from './core/signature-header.js';
import {
  checkSignedRequest,
  MAX_SKEW_MS,
  type SignedClaims,
  type SignedRequest,
  UNSIGNED_PAYLOAD,
} from './core/signature-rules.js';
import { KeyUse } from './key-use.service.js';
import { ReplayCache } from './replay-cache.js';
import { type SignerOf, SigningSecrets } from './signing-secrets.service.js';

const FAILED = 'verify aksk signature fail';
/** Stands in for the secret of a key that does not exist, so that refusing takes as long as ever. */
const NO_SECRET = createSecretKey(Buffer.alloc(32, 1));

@Injectable()
export class SignatureAuthenticator {
  private readonly replays: ReplayCache;

  constructor(
    private readonly secrets: SigningSecrets,
    private readonly keyUse: KeyUse,
    @Inject(CONFIG) config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.replays = new ReplayCache(config.SIGNATURE_REPLAY_CACHE, clock);
  }

  /** Throws `APIGW.0301`, in the same words for a wrong signature and for a key that is unknown, disabled or expired. */
  async authenticate(request: PresentedRequest, presented: PresentedSignature): Promise<Principal> {
    const signed = this.check(request, presented);
    const found = await this.secrets.find(presented.accessKey, signed.claims);
    const matches = verifies(request, presented, signed, found?.secret ?? NO_SECRET);
    if (found === null || !matches) throw refusedCredentials(FAILED);
    if (found.refusal !== null) {
      await this.keyUse.refused(found.signer.user, presented.accessKey, found.refusal, request.origin);
      throw refusedCredentials(FAILED);
    }
    // Whoever gets here has proved to know the secret.
    if (!isOwnScope(found, signed.claims))
      throw refusedCredentials('X-Project-Id or X-Domain-Id names no project or domain of the access key');
    if (!this.replays.use(presented.signature, signed.signedAt + MAX_SKEW_MS))
      throw refusedCredentials('this very signature was used before; sign the request anew');
    if (!found.temporary) this.keyUse.used(found.signer.user.domainId, presented.accessKey);
    return principalOf(found, presented.accessKey);
  }

  /** All that can be said without looking the key up. */
  private check({ url, headers, host }: PresentedRequest, presented: PresentedSignature): SignedRequest {
    // The router ends a path at `#` too, a signer does not: what is signed and what is done must not differ.
    if (!url.startsWith('/') || url.includes('#')) throw refusedCredentials(`${FAILED}: the URL must be a path`);
    const checked = checkSignedRequest(presented, headers, host, this.clock.now());
    if ('fault' in checked) throw refusedCredentials(`${FAILED}: ${checked.fault}`);
    return checked.request;
  }
}

function verifies(
  { method, url, body }: PresentedRequest,
  { algorithm, accessKey, scope, signature }: PresentedSignature,
  { headers, date, declaredPayload }: SignedRequest,
  secret: KeyObject,
): boolean {
  const payloadHash = declaredPayload === UNSIGNED_PAYLOAD ? declaredPayload : sha256(body);
  const ofBody = declaredPayload === null || declaredPayload === payloadHash;
  const key = scope === null ? secret : derivedKey(accessKey, secret, derivationInfo(scope));
  const expected = Buffer.from(signature, 'hex');
  // None is left out: what takes time must not tell which one it was.
  const matches = canonicalRequests({ method, url, headers, payloadHash }).map((canonical) => {
    const text = stringToSign(algorithm, date, scope, sha256(Buffer.from(canonical, 'latin1')));
    return timingSafeEqual(createHmac('sha256', key).update(text).digest(), expected);
  });
  return ofBody && matches.includes(true);
}

/** HKDF-SHA256 with the access key as salt, 32 bytes; its hex text is the key. */
function derivedKey(accessKey: string, secret: KeyObject, info: string): string {
  const extracted = createHmac('sha256', accessKey).update(secret.export()).digest();
  return createHmac('sha256', extracted)
    .update(Buffer.concat([Buffer.from(info), Buffer.of(1)]))
    .digest('hex');
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function isOwnScope({ signer }: SignerOf, { projectId, domainId }: SignedClaims): boolean {
  return (
    (projectId === null || signer.projectId === projectId) && (domainId === null || signer.user.domainId === domainId)
  );
}

function principalOf({ signer: { user, groups, projectId } }: SignerOf, accessKeyId: string): Principal {
  return {
    userId: user.id,
    userName: user.name,
    domainId: user.domainId,
    domainName: user.domainName,
    projectId,
    groups,
    isOperator: user.isOperator,
    isAdministrator: user.isAdministrator,
    accessKeyId,
    mfaAt: null,
    isFederated: false,
  };
}
