/** Makes the operator domain with its first administrator, once per installation, and tells the machine's owner about it. */
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Config } from '../platform/config/config.schema.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { CONFIG } from '../platform/tokens.js';
import { TraceRecorder } from '../traces/index.js';
import { AccessKey } from './access-key.entity.js';
import { type Credentials, keepCredentialsFile } from './credentials-file.js';
import { Domain } from './domain.entity.js';
import { newAccessKey, newId, newPassword, newSecretKey } from './identifiers.js';
import { takeIdentityLock } from './identity-lock.store.js';
import { PasswordHasher } from './password-hasher.service.js';
import { passwordProblems } from './password-rules.js';
import { Project } from './project.entity.js';
import { SecretBox } from './secret-box.js';
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
  private readonly logger = new Logger(BootstrapService.name);

  constructor(
    private readonly database: Database,
    private readonly passwords: PasswordHasher,
    private readonly box: SecretBox,
    private readonly recorder: TraceRecorder,
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
        const credentials = existing ?? (await this.create(transaction));
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

  private async create(transaction: Transaction): Promise<Credentials> {
    const { config } = this;
    const domain = { id: config.BOOTSTRAP_DOMAIN_ID ?? newId(), name: config.BOOTSTRAP_DOMAIN };
    const region = config.BOOTSTRAP_REGION;
    const project = { id: config.BOOTSTRAP_PROJECT_ID ?? newId(), name: config.BOOTSTRAP_PROJECT ?? region };
    const user = { id: newId(), name: config.BOOTSTRAP_USER };
    const password = config.BOOTSTRAP_PASSWORD ?? newPassword();
    // Whoever configures the installation has the last word, but hears of it.
    for (const problem of passwordProblems(password, { userName: user.name }))
      this.logger.warn(`BOOTSTRAP_PASSWORD ${problem}`);
    const accessKey = config.BOOTSTRAP_ACCESS_KEY ?? newAccessKey();
    const secret = config.BOOTSTRAP_SECRET_KEY ?? newSecretKey();

    const { manager } = transaction;
    const domainId = domain.id;
    await manager.insert(Domain, { ...domain, isOperator: true });
    await manager.insert(Project, { ...project, domainId, region });
    const passwordHash = await this.passwords.hash(password);
    await manager.insert(User, { ...user, domainId, passwordHash, isAdministrator: true });
    const secretSealed = this.box.seal(secret, accessKeyPurpose(accessKey));
    await manager.insert(AccessKey, { domainId, accessKey, userId: user.id, secretSealed });
    await this.record(domain, project.id, transaction);
    return {
      domain,
      project,
      region,
      user: { ...user, ...(config.BOOTSTRAP_PASSWORD === undefined && { password }) },
      access_key: { access: accessKey, ...(config.BOOTSTRAP_SECRET_KEY === undefined && { secret }) },
    };
  }

  private record(domain: { id: string; name: string }, projectId: string, transaction: Transaction): Promise<void> {
    return this.recorder.record(
      {
        serviceType: 'IAM',
        resourceType: 'domain',
        traceName: 'createDomain',
        rating: 'normal',
        domainId: domain.id,
        projectId,
        resourceId: domain.id,
        resourceName: domain.name,
        user: null,
        message: 'first start of this installation',
      },
      transaction,
    );
  }
}

/** Binds an access key's sealed secret to its row. */
export function accessKeyPurpose(accessKey: string): string {
  return `access_keys:${accessKey}`;
}
