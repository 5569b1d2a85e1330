/** The wire shapes of `/v3.0/OS-CREDENTIAL/securitytokens`, as IAM v3 has them. */
import { z } from 'zod';

const SHORTEST_S = 900;
const LONGEST_S = 86_400;
const TOKEN_LENGTH = 8_192;

export const securityTokenRequestSchema = z.object({
  auth: z.object({
    identity: z
      .object({
        methods: z
          .array(z.string())
          .refine((methods) => methods.length === 1 && methods[0] === 'token', 'must be ["token"]')
          .meta({ description: 'Only `token`.' }),
        token: z
          .object({
            id: z.string().min(1).max(TOKEN_LENGTH).optional(),
            duration_seconds: z.int().min(SHORTEST_S).max(LONGEST_S).default(SHORTEST_S),
          })
          .default({ duration_seconds: SHORTEST_S }),
        // Ignored, it would leave the key with more rights than were asked for.
        policy: z.undefined('is not supported: a temporary key has the rights of its user').optional(),
      })
      .meta({ description: '`token.id`, or the caller’s own X-Auth-Token.' }),
  }),
});
export type SecurityTokenRequest = z.infer<typeof securityTokenRequestSchema>;

export const securityTokenResponseSchema = z.object({
  credential: z.object({ access: z.string(), secret: z.string(), securitytoken: z.string(), expires_at: z.string() }),
});
export type SecurityTokenResponse = z.infer<typeof securityTokenResponseSchema>;
