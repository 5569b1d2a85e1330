/** Makes the operator domain with its first administrator, once per installation, and tells the machine's owner about it. */
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../platform/config/config.schema.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { CONFIG } from '../platform/tokens.js';
import { AccessKey } from './access-key.entity.js';
import { type Credentials, keepCredentialsFile } from './credentials-file.js';
import { Domain } from './domain.entity.js';
import { DomainFounder } from './domain-founder.service.js';
import { takeIdentityLock } from './identity-lock.store.js';
import { Project } from './project.entity.js';
import { SigningKeys } from './signing-keys.service.js';
import { User } from './user.entity.js';

export interface BootstrapResult {
  /** As they stand in the file, but without what only an earlier start knew. */
  readonly credentials: Credentials;
  /** Whether this was the first start. */
  readonly created: boolean;
}

/** Hashing, and another process's whole bootstrap, may be waited for. */
const TIMEOUT_MS = 60_000;

@Injectable()
export class BootstrapService {
  constructor(
    private readonly database: Database,
    private readonly founder: DomainFounder,
    private readonly signingKeys: SigningKeys,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Any number of processes may call this at once, at every start. The file (`credentials.json`) is written before the
   * commit, under the lock: a password that was made up is never in the database without being told.
   */
  async run(file: string): Promise<BootstrapResult> {
    const result = await this.database.transaction(
      async (transaction) => {
        await takeIdentityLock('bootstrap', transaction);
        const existing = await this.existing(transaction);
        const credentials = existing ?? (await this.founder.found(transaction));
        await keepCredentialsFile(file, credentials);
        return { credentials, created: existing === null };
      },
      { timeoutMs: TIMEOUT_MS },
    );
    // Fails now, and not at every login, when ENCRYPTION_KEY is not the one that the database was sealed with.
    await this.signingKeys.current();
    return result;
  }

  /** What the first start made, without its secrets; null on the first start. */
  private async existing({ manager }: Transaction): Promise<Credentials | null> {
    const domain = await manager.getRepository(Domain).findOneBy({ isOperator: true });
    if (!domain) return null;
    const first = { where: { domainId: domain.id }, order: { createdAt: 'ASC', id: 'ASC' } } as const;
    const project = await manager.getRepository(Project).findOne(first);
    const user = await manager.getRepository(User).findOne(first);
    const key = await manager
      .getRepository(AccessKey)
      .findOne({ where: { domainId: domain.id }, order: { createdAt: 'ASC', accessKey: 'ASC' } });
    return {
      domain: { id: domain.id, name: domain.name },
      project: { id: project?.id ?? '', name: project?.name ?? '' },
      region: project?.region ?? this.config.BOOTSTRAP_REGION,
      user: { id: user?.id ?? '', name: user?.name ?? '' },
      access_key: { access: key?.accessKey ?? '' },
    };
  }
}
