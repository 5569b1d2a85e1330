/** Secrets of webhooks, and what is signed with them (Standard Webhooks 1.0, symmetric signatures). */
import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** `whsec_` and the key in base64, as receivers' libraries take it. */
export function newWebhookSecret(): string {
  return `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/**
 * The headers of one attempt. The signatures are over `id.timestamp.body`, one for each secret in force, so that a receiver may
 * change to a new one in its own time.
 */
export function signedHeaders(
  id: string,
  timestampSeconds: number,
  body: Buffer,
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = String(timestampSeconds);
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
