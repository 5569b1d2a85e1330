/** Keeps a process from working under another `ENCRYPTION_KEY` than the one that the database was sealed with. */
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigError } from '../platform/config/load-config.js';
import type { DatabaseSettings } from '../platform/database/data-source.js';
import { Database } from '../platform/database/database.js';
import { HeldLock } from '../platform/database/held-lock.js';
import { DATABASE_SETTINGS } from '../platform/tokens.js';
import { addCheck, ENCRYPTION_KEY_LOCK, readCheck } from './encryption-check.store.js';
import { takeIdentityLock } from './identity-lock.store.js';
import { ENCRYPTION_CHECK_PURPOSE, readSealed, SEALED_COLUMNS } from './sealed-columns.store.js';
import { SecretBox } from './secret-box.js';

/** What is sealed in `encryption_check`; only that it can be opened matters. */
export const CHECK_TEXT = 'quaestor';

@Injectable()
export class EncryptionKeyCheck implements OnApplicationShutdown {
  private readonly logger = new Logger(EncryptionKeyCheck.name);
  private hold: HeldLock | null = null;

  constructor(
    private readonly database: Database,
    private readonly box: SecretBox,
    @Inject(DATABASE_SETTINGS) private readonly settings: DatabaseSettings,
  ) {}

  /**
   * For the life of the process: the key is the right one now, and is not exchanged while we run. Called before anything
   * is served or done by itself. Throws {@link ConfigError} for another key, having changed nothing.
   */
  async claim(): Promise<void> {
    this.hold = new HeldLock(this.settings, {
      lock: ENCRYPTION_KEY_LOCK,
      onTaken: () => this.verify(),
      onGivenUp: (error) => {
        this.logger.error('ENCRYPTION_KEY was exchanged while the database was away; stopping', String(error));
        process.kill(process.pid, 'SIGTERM');
      },
    });
    await this.hold.take();
  }

  /** On the first start the known text is sealed; later it must open. Throws {@link ConfigError}. */
  async verify(): Promise<void> {
    const known = await readCheck(this.database);
    if (known !== null) {
      this.mustOpen(known, ENCRYPTION_CHECK_PURPOSE);
      return;
    }
    await this.database.transaction(async (transaction) => {
      await takeIdentityLock('encryptionKey', transaction);
      const meanwhile = await readCheck(transaction);
      if (meanwhile !== null) {
        this.mustOpen(meanwhile, ENCRYPTION_CHECK_PURPOSE);
        return;
      }
      // An installation that is older than the check is not new: its key is the one that opens what it has.
      for (const column of SEALED_COLUMNS)
        for (const { key, sealed } of await readSealed(column, transaction, 1))
          this.mustOpen(sealed, column.purpose(key));
      await addCheck(this.box.seal(CHECK_TEXT, ENCRYPTION_CHECK_PURPOSE), transaction);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.hold?.release();
  }

  private mustOpen(sealed: Buffer, purpose: string): void {
    try {
      this.box.open(sealed, purpose);
    } catch {
      throw new ConfigError([
        'ENCRYPTION_KEY: is not the key that this database was sealed with. Give the former one; if it was being ' +
          'exchanged, run the exchange (npm run rotate-key) once more, or give the new one',
      ]);
    }
  }
}
