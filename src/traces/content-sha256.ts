/** The content hash of a trace: what tells a redelivery (same key, same hash) from a conflict (same key, another). */
import { hash } from 'node:crypto';
import { canonicalContent } from './core/content-hash.js';
import type { JsonObject } from './core/json-value.js';
import type { Trace } from './core/trace.js';

/**
 * SHA-256 over the UTF-8 of the trace's canonical content as 64 hex digits. One of a pair with the key: design §5, "Identity and
 * time".
 *
 * The domain is not part of it, so the same event of two domains has one hash and two rows.
 * It is stored with the trace and compared with hashes made later, perhaps by a newer release: what goes into it changes only
 * together with the version at the head of the canonical content, and then a redelivery across the change is a conflict.
 *
 * @param user what `trace.user` reads as, where the caller has read it
 */
export function contentSha256(trace: Trace, user?: JsonObject): string {
  return hash('sha256', canonicalContent(trace, user), 'hex');
}
