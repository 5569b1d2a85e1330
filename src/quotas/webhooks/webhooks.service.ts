/** Creates, changes and deletes webhooks of the caller's own domain, and rotates their secrets. */
import { Inject, Injectable } from '@nestjs/common';
import { type Actor, newId, SecretBox, webhookSecretPurpose } from '../../identity/index.js';
import { AppError, type Problem } from '../../kernel/errors.js';
import type { Config } from '../../platform/config/config.schema.js';
import { Database, type Transaction } from '../../platform/database/database.js';
import { CONFIG } from '../../platform/tokens.js';
import { requireMatch } from '../entity-tag.js';
import { newWebhookSecret } from './webhook-signature.js';
import { WebhookRecorder } from './webhook-recorder.service.js';
import { webhookUrlFault } from './webhook-url.js';
import { type Webhook, type WebhookValues, WebhooksStore } from './webhooks.store.js';

const MOST_PER_DOMAIN = 10;

@Injectable()
export class Webhooks {
  constructor(
    private readonly database: Database,
    private readonly store: WebhooksStore,
    private readonly box: SecretBox,
    private readonly recorder: WebhookRecorder,
    @Inject(CONFIG) private readonly config: Pick<Config, 'WEBHOOK_ALLOW_HTTP' | 'WEBHOOK_ALLOWED_NETWORKS'>,
  ) {}

  list({ principal }: Actor): Promise<Webhook[]> {
    return this.store.list(this.database, principal.domainId);
  }

  /** Throws `QST.NotFound`, for another domain's as for none. */
  async find(id: string, { principal }: Actor): Promise<Webhook> {
    return found(await this.store.find(this.database, principal.domainId, id));
  }

  /** The only time the secret is told, but for a rotation. Throws `QST.BadRequest`; `QST.Conflict` where there are ten. */
  async create(values: WebhookValues, actor: Actor): Promise<{ webhook: Webhook; secret: string }> {
    this.require(values, actor);
    const { domainId } = actor.principal;
    const id = newId();
    const secret = newWebhookSecret();
    return this.database.transaction(async (transaction) => {
      if ((await this.store.count(transaction, domainId)) >= MOST_PER_DOMAIN)
        throw new AppError('QST.Conflict', `A domain can have ${String(MOST_PER_DOMAIN)} webhooks.`);
      const webhook = await this.store.add(transaction, { domainId, id }, values, this.seal(secret, domainId, id));
      await this.recorder.record('createWebhook', webhook, actor, transaction);
      return { webhook, secret };
    });
  }

  /** Throws `QST.NotFound`, `QST.PreconditionFailed`, `QST.BadRequest`. */
  async update(
    id: string,
    change: Partial<WebhookValues>,
    ifMatch: string | undefined,
    actor: Actor,
  ): Promise<Webhook> {
    return this.change(id, ifMatch, actor, async (before, transaction) => {
      const values = { ...before, ...change };
      this.require(values, actor);
      const webhook = await this.store.update(transaction, before, values);
      await this.recorder.record('updateWebhook', webhook, actor, transaction);
      return webhook;
    });
  }

  /** The new secret, told this once; the former one signs as well for `graceHours`. Throws as {@link update}. */
  async rotate(id: string, graceHours: number, actor: Actor): Promise<{ webhook: Webhook; secret: string }> {
    const secret = newWebhookSecret();
    const webhook = await this.change(id, undefined, actor, async (before, transaction) => {
      const sealed = this.seal(secret, before.domainId, before.id);
      const after = await this.store.rotate(transaction, before, sealed, graceHours);
      await this.recorder.record('rotateWebhookSecret', after, actor, transaction);
      return after;
    });
    return { webhook, secret };
  }

  /** With all its deliveries. Throws as {@link update}. */
  async delete(id: string, ifMatch: string | undefined, actor: Actor): Promise<void> {
    await this.change(id, ifMatch, actor, async (before, transaction) => {
      await this.store.delete(transaction, before);
      await this.recorder.record('deleteWebhook', before, actor, transaction);
    });
  }

  private change<T>(
    id: string,
    ifMatch: string | undefined,
    { principal }: Actor,
    work: (before: Webhook, transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    return this.database.transaction(async (transaction) => {
      const before = found(await this.store.hold(transaction, principal.domainId, id));
      requireMatch(ifMatch, before.version);
      return work(before, transaction);
    });
  }

  private require({ url, everyDomain }: WebhookValues, { principal }: Actor): void {
    const fault = webhookUrlFault(url, this.config);
    const problems: Problem[] = fault === null ? [] : [{ path: 'body.url', message: fault }];
    if (everyDomain && !principal.isOperator)
      problems.push({ path: 'body.every_domain', message: 'is for webhooks of the operator alone' });
    if (problems.length > 0) throw new AppError('QST.BadRequest', 'The request is not valid', { problems });
  }

  private seal(secret: string, domainId: string, id: string): Buffer {
    return this.box.seal(secret, webhookSecretPurpose(domainId, id));
  }
}

export function found<T>(webhook: T | null): T {
  if (webhook === null) throw new AppError('QST.NotFound', 'There is no such webhook.');
  return webhook;
}
