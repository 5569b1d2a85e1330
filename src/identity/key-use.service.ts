/** Tells of the use of access keys: when one was last used, and that one was used which must not be any more. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { Database } from '../platform/database/database.js';
import type { RequestOrigin } from '../platform/http/request-origin.js';
import { Logger } from '../platform/logging/logger.js';
import { CLOCK } from '../platform/tokens.js';
import { TraceRecorder } from '../traces/index.js';
import type { UserRecord } from './directory.store.js';
import { ExpiringCache } from './expiring-cache.js';
import { SignersStore } from './signers.store.js';

/** A use within this time after the one that was told is not told again. */
const TOLD = { ttlMs: 60_000, maxEntries: 10_000 };
/** A client that hammers with a disabled key is one trace in this time, for each process. */
const REFUSALS_TOLD = { ttlMs: 600_000, maxEntries: 1_000 };

@Injectable()
export class KeyUse {
  private readonly told: ExpiringCache<void>;
  private readonly refusalsTold: ExpiringCache<void>;

  constructor(
    private readonly store: SignersStore,
    private readonly database: Database,
    private readonly recorder: TraceRecorder,
    private readonly log: Logger,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.told = new ExpiringCache(TOLD, clock);
    this.refusalsTold = new ExpiringCache(REFUSALS_TOLD, clock);
  }

  /** Does not keep the request waiting, nor fail it. */
  used(domainId: string, accessKey: string): void {
    this.told
      .get(accessKey, () => this.store.touchKey(domainId, accessKey, this.clock.now()))
      .catch((error: unknown) => {
        this.log.warn('the use of an access key could not be noted', { access_key_id: accessKey, error });
      });
  }

  /** Only for signatures that are right: whoever merely knows a key's id brings about no trace. */
  async refused(user: UserRecord, accessKey: string, reason: string, origin: RequestOrigin): Promise<void> {
    try {
      await this.refusalsTold.get(`${accessKey} ${reason}`, () => this.record(user, accessKey, reason, origin));
    } catch (error) {
      this.log.warn('the use of a disabled access key could not be recorded', { access_key_id: accessKey, error });
    }
  }

  private async record(user: UserRecord, accessKey: string, reason: string, origin: RequestOrigin): Promise<void> {
    await this.database.transaction((transaction) =>
      this.recorder.record(
        {
          serviceType: 'IAM',
          resourceType: 'user',
          traceName: 'disabledCredentialUsed',
          rating: 'warning',
          domainId: user.domainId,
          projectId: '',
          resourceId: user.id,
          resourceName: user.name,
          user: {
            id: user.id,
            name: user.name,
            domainId: user.domainId,
            domainName: user.domainName,
            accessKeyId: accessKey,
          },
          code: '401',
          message: reason,
          ...origin,
        },
        transaction,
      ),
    );
  }
}
