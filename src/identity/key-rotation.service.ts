/** Replaces the keys that sign tokens: on schedule, and at an operator's word. */
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../platform/config/config.schema.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { CONFIG } from '../platform/tokens.js';
import { operationUser, TraceRecorder } from '../traces/index.js';
import type { Actor } from './directory-recorder.service.js';
import { takeIdentityLock } from './identity-lock.store.js';
import { OperatorDirectory } from './operator-directory.service.js';
import { SigningKeys } from './signing-keys.service.js';
import { SigningKeysStore } from './signing-keys.store.js';

type Step = 'createSigningKey' | 'retireSigningKey' | 'deleteSigningKey';

@Injectable()
export class KeyRotation {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'SIGNING_KEY_ROTATION_DAYS'>,
    private readonly database: Database,
    private readonly store: SigningKeysStore,
    private readonly keys: SigningKeys,
    private readonly operator: OperatorDirectory,
    private readonly recorder: TraceRecorder,
  ) {}

  /** Makes a key where one is due, retires those whose successor signs, and deletes those that can verify nothing. */
  async tend(): Promise<void> {
    const days = this.config.SIGNING_KEY_ROTATION_DAYS;
    await this.alone(async (transaction) => {
      if (days > 0 && (await this.store.isDue(days, transaction)))
        await this.record('createSigningKey', [await this.keys.make(transaction)], null, transaction);
      await this.record('retireSigningKey', await this.store.retire(transaction), null, transaction);
      await this.record('deleteSigningKey', await this.store.discard(transaction), null, transaction);
    });
  }

  /**
   * A new key now. Unless `discardOthers`, it is published first and signs when every reader of the JWKS can know it; one
   * that is being published already is left to do so. With it, it signs at once, and every token made before is void.
   */
  async rotate(actor: Actor, discardOthers: boolean): Promise<void> {
    await this.alone(async (transaction) => {
      const known = await this.store.all(transaction);
      const [newest] = known;
      if (!discardOthers && known.length > 1 && newest && !newest.signs && newest.retiredAt === null) return;
      const kid = await this.keys.make(transaction);
      await this.record('createSigningKey', [kid], actor, transaction);
      if (!discardOthers) return;
      await this.record('deleteSigningKey', await this.store.discard(transaction, kid), actor, transaction);
    });
  }

  private alone(work: (transaction: Transaction) => Promise<void>): Promise<void> {
    return this.database.transaction(async (transaction) => {
      await takeIdentityLock('signingKey', transaction);
      await work(transaction);
    });
  }

  private async record(
    traceName: Step,
    kids: readonly string[],
    actor: Actor | null,
    transaction: Transaction,
  ): Promise<void> {
    const operator = kids.length === 0 ? null : await this.operator.find();
    if (operator === null) return;
    for (const kid of kids)
      await this.recorder.record(
        {
          serviceType: 'IAM',
          resourceType: 'signingKey',
          traceName,
          rating: 'normal',
          ...operator,
          resourceId: kid,
          resourceName: kid,
          user: actor === null ? null : operationUser(actor.principal),
          ...actor?.origin,
        },
        transaction,
      );
  }
}
