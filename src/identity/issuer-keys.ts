/** The public keys of an external issuer: fetched when needed, kept for a while, and never waited for beyond a limit. */
import type { ReadableStreamDefaultReader } from 'node:stream/web';
import { createRemoteJWKSet, customFetch, type FetchImplementation, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { Clock } from '../kernel/clock.js';
import { isProtectedUrl } from '../platform/config/security-settings.js';

export interface IssuerKeysSettings {
  readonly issuer: string;
  /** Null: as the issuer's discovery document says (OpenID Connect Discovery 1.0, §4). */
  readonly jwksUri: string | null;
  readonly timeoutMs?: number;
  /** An unknown `kid` makes the keys be fetched again, and after a failure they are, no more often than this. */
  readonly cooldownMs?: number;
}

/** The issuer could not be asked: says nothing about the token. */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable';
}

const TIMEOUT_MS = 5_000;
const COOLDOWN_MS = 15_000;
const CACHE_MS = 600_000;
const MOST_BYTES = 256 * 1024;

const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.string() });

export class IssuerKeys {
  private keys: Promise<JWTVerifyGetKey> | null = null;
  private failedAt = -Infinity;
  private readonly timeoutMs: number;
  private readonly cooldownMs: number;

  constructor(
    private readonly settings: IssuerKeysSettings,
    private readonly clock: Clock,
  ) {
    this.timeoutMs = settings.timeoutMs ?? TIMEOUT_MS;
    this.cooldownMs = settings.cooldownMs ?? COOLDOWN_MS;
  }

  /** The key that the token's header names. Throws {@link IssuerUnavailable}, and jose's errors where there is none. */
  readonly get: JWTVerifyGetKey = async (header, token) => {
    this.keys ??= this.open().catch((error: unknown) => {
      this.keys = null;
      throw error;
    });
    return (await this.keys)(header, token);
  };

  private async open(): Promise<JWTVerifyGetKey> {
    const uri = this.settings.jwksUri ?? (await this.discover());
    return createRemoteJWKSet(new URL(uri), {
      timeoutDuration: this.timeoutMs,
      cooldownDuration: this.cooldownMs,
      cacheMaxAge: CACHE_MS,
      [customFetch]: this.fetch,
    });
  }

  private async discover(): Promise<string> {
    const base = this.settings.issuer.replace(/\/$/, '');
    const response = await this.fetch(`${base}/.well-known/openid-configuration`, {
      headers: new Headers({ accept: 'application/json' }),
      method: 'GET',
      redirect: 'manual',
      signal: AbortSignal.timeout(this.timeoutMs),
    });
    const parsed = discoverySchema.safeParse(await response.json());
    // §4.3: a document that names another issuer is not this one's.
    if (!parsed.success || parsed.data.issuer !== this.settings.issuer || !isProtectedUrl(parsed.data.jwks_uri))
      throw this.failed(new Error('the discovery document is not one of this issuer'));
    return parsed.data.jwks_uri;
  }

  /** Bounded in time and size. After a failure it fails at once for a while, so that a silent issuer holds no requests up. */
  private readonly fetch: FetchImplementation = async (url, options) => {
    if (this.clock.now() - this.failedAt < this.cooldownMs)
      throw new IssuerUnavailable('the issuer failed a moment ago');
    try {
      const response = await fetch(url, options);
      const body = await readBounded(response);
      if (response.status !== 200) throw new Error(`answered ${String(response.status)}`);
      JSON.parse(body);
      return new Response(body);
    } catch (error) {
      throw this.failed(error);
    }
  };

  private failed(cause: unknown): IssuerUnavailable {
    this.failedAt = this.clock.now();
    return new IssuerUnavailable(`${this.settings.issuer} could not be asked for its keys`, { cause });
  }
}

async function readBounded(response: Response): Promise<string> {
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const part = await reader?.read();
    if (part?.value === undefined) return Buffer.concat(chunks).toString('utf8');
    size += part.value.length;
    if (size > MOST_BYTES) {
      await reader?.cancel();
      throw new Error('the answer is too large');
    }
    chunks.push(part.value);
  }
}
