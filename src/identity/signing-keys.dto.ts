/** The wire shapes of the keys that sign tokens: the JWKS (RFC 7517, RFC 8037), and what operators see of them. */
import { z } from 'zod';
import type { VerificationKey } from './signing-keys.service.js';
import type { StoredSigningKey } from './signing-keys.store.js';

export const jwksSchema = z.object({
  keys: z.array(
    z.object({
      kty: z.literal('OKP'),
      crv: z.literal('Ed25519'),
      x: z.string(),
      kid: z.string(),
      alg: z.literal('EdDSA'),
      use: z.literal('sig'),
    }),
  ),
});
export type Jwks = z.infer<typeof jwksSchema>;

export function renderJwks(keys: readonly VerificationKey[]): Jwks {
  return {
    keys: keys.map(({ kid, publicKey }) => {
      const { x = '' } = publicKey.export({ format: 'jwk' });
      return { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' };
    }),
  };
}

export const rotateSchema = z.strictObject({
  discard_others: z
    .boolean()
    .default(false)
    .meta({ description: 'The new key signs at once, all others are deleted: every token made before is void.' }),
});
export type Rotate = z.infer<typeof rotateSchema>;

export const signingKeysSchema = z.object({
  signing_keys: z.array(
    z.object({
      kid: z.string(),
      state: z.enum(['published', 'signing', 'retired']),
      created_at: z.int().meta({ description: 'Epoch milliseconds.' }),
      retired_at: z.int().nullable(),
    }),
  ),
});
export type SigningKeyList = z.infer<typeof signingKeysSchema>;

export function renderSigningKeys(keys: readonly StoredSigningKey[]): SigningKeyList {
  const state = ({ signs, retiredAt }: StoredSigningKey) =>
    retiredAt === null ? (signs ? ('signing' as const) : ('published' as const)) : ('retired' as const);
  return {
    signing_keys: keys.map((key) => ({
      kid: key.kid,
      state: state(key),
      created_at: key.createdAt,
      retired_at: key.retiredAt,
    })),
  };
}
