/** Makes one attempt to deliver: opens the secret, signs, sends, and says what came of it. */
import { Inject, Injectable } from '@nestjs/common';
import { SecretBox, webhookSecretPurpose } from '../../identity/index.js';
import type { Config } from '../../platform/config/config.schema.js';
import { AddressPolicy } from '../../platform/http/address-policy.js';
import { networkCode, OutboundRefused, type OutboundRules, post } from '../../platform/http/outbound.js';
import { TimeLimitError } from '../../platform/kafka/bounded.js';
import { CONFIG } from '../../platform/tokens.js';
import type { Attempt, DueDelivery } from './webhook-deliveries.store.js';
import { signedHeaders } from './webhook-signature.js';

const MS_PER_S = 1_000;

@Injectable()
export class WebhookSender {
  private readonly rules: OutboundRules;

  constructor(
    private readonly box: SecretBox,
    @Inject(CONFIG)
    config: Pick<Config, 'WEBHOOK_ALLOW_HTTP' | 'WEBHOOK_ALLOWED_NETWORKS' | 'WEBHOOK_TIMEOUT_MS'>,
  ) {
    this.rules = {
      addresses: new AddressPolicy(config.WEBHOOK_ALLOWED_NETWORKS),
      allowHttp: config.WEBHOOK_ALLOW_HTTP,
      timeoutMs: config.WEBHOOK_TIMEOUT_MS,
    };
  }

  /** Never throws for what the receiver or the way to it does; throws when `signal` ends it, as then nothing is known. */
  async attempt(delivery: DueDelivery, signal: AbortSignal): Promise<Attempt> {
    const at = Date.now();
    const body = Buffer.from(delivery.payload);
    const startedAt = performance.now();
    const attempt = (status: number | null, note: string): Attempt => {
      return { at, ms: Math.round(performance.now() - startedAt), status, note };
    };
    try {
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'Quaestor-Webhooks/1.0',
        ...signedHeaders(delivery.id, Math.floor(at / MS_PER_S), body, this.secretsOf(delivery)),
      };
      const status = await post({ url: delivery.url, headers, body }, this.rules, signal);
      return attempt(status, status >= 300 && status < 400 ? 'redirects are not followed' : '');
    } catch (error) {
      if (signal.aborted) throw error;
      return attempt(null, noteOf(error));
    }
  }

  private secretsOf({ domainId, id: _id, webhookId, secretSealed, previousSecretSealed }: DueDelivery): string[] {
    const purpose = webhookSecretPurpose(domainId, webhookId);
    return [secretSealed, previousSecretSealed].flatMap((sealed) =>
      sealed === null ? [] : this.box.open(sealed, purpose),
    );
  }
}

const TOO_LONG = new Set(['TimeoutError', 'AbortError']);

/** Words for whoever owns the webhook: codes of the network, never what an address answered. */
function noteOf(error: unknown): string {
  if (error instanceof OutboundRefused) return error.message;
  const name = typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';
  if (error instanceof TimeLimitError || TOO_LONG.has(name)) return 'it took too long';
  const code = networkCode(error);
  return code === '' ? 'it could not be sent' : code;
}
