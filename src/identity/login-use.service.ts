/** Tells of logins at registries: when a credential was last used, and, within bounds, that one was refused. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { Database } from '../platform/database/database.js';
import { Logger } from '../platform/logging/logger.js';
import { CLOCK } from '../platform/tokens.js';
import { TraceRecorder } from '../traces/index.js';
import type { Actor } from './directory-recorder.service.js';
import type { UserRecord } from './directory.store.js';
import { ExpiringCache } from './expiring-cache.js';
import { KeyUse } from './key-use.service.js';
import { RegistryLoginsStore } from './registry-logins.store.js';

const TOLD = { ttlMs: 60_000, maxEntries: 10_000 };
/** The same name refused for the same reason is one trace in this time, for each process. */
const REFUSALS_TOLD = { ttlMs: 600_000, maxEntries: 1_000 };
/** Whoever tries one name after the other fills no more than this. */
const REFUSALS_A_MINUTE = 60;
const MINUTE_MS = 60_000;
const NAME_LENGTH = 256;

@Injectable()
export class LoginUse {
  private readonly told: ExpiringCache<void>;
  private readonly refusalsTold: ExpiringCache<void>;
  private minute = { begins: 0, refusals: 0 };

  constructor(
    private readonly store: RegistryLoginsStore,
    private readonly keyUse: KeyUse,
    private readonly database: Database,
    private readonly recorder: TraceRecorder,
    private readonly log: Logger,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.told = new ExpiringCache(TOLD, clock);
    this.refusalsTold = new ExpiringCache(REFUSALS_TOLD, clock);
  }

  used(domainId: string, id: string): void {
    this.told
      .get(id, () => this.store.touch(domainId, id, this.clock.now()))
      .catch((error: unknown) => {
        this.log.warn('the use of a login credential could not be noted', { credential_id: id, error });
      });
  }

  usedKey(domainId: string, accessKey: string): void {
    this.keyUse.used(domainId, accessKey);
  }

  /** In the domain of the user that was named, else in that of the registry. Does not keep the answer waiting. */
  refused(
    user: UserRecord | null,
    { username, instanceId }: { readonly username: string; readonly instanceId: string },
    reason: string,
    actor: Actor,
  ): void {
    this.refusalsTold
      .get(`${username}\n${instanceId}\n${reason}`, () => this.record(user, username, reason, actor))
      .catch((error: unknown) => {
        this.log.warn('a refused registry login could not be recorded', { error });
      });
  }

  private async record(
    user: UserRecord | null,
    username: string,
    reason: string,
    { principal, origin }: Actor,
  ): Promise<void> {
    const now = this.clock.now();
    if (now - this.minute.begins >= MINUTE_MS) this.minute = { begins: now, refusals: 0 };
    if (++this.minute.refusals > REFUSALS_A_MINUTE) return;
    await this.database.transaction((transaction) =>
      this.recorder.record(
        {
          serviceType: 'SWR',
          resourceType: 'dockerlogincmd',
          traceName: 'registryLoginFailed',
          rating: 'warning',
          domainId: user?.domainId ?? principal.domainId,
          projectId: '',
          resourceName: username.replaceAll('\0', '').slice(0, NAME_LENGTH),
          user: user && { id: user.id, name: user.name, domainId: user.domainId, domainName: user.domainName },
          code: '401',
          message: reason,
          ...origin,
        },
        transaction,
      ),
    );
  }
}
