/** Makes the operator domain with its first administrator, of what the configuration says and what it leaves open. */
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Config } from '../platform/config/config.schema.js';
import type { Transaction } from '../platform/database/database.js';
import { CONFIG } from '../platform/tokens.js';
import { TraceRecorder } from '../traces/index.js';
import { AccessKey, accessKeyPurpose } from './access-key.entity.js';
import type { Credentials } from './credentials-file.js';
import { DirectoryExtensions } from './directory-extensions.js';
import { Domain } from './domain.entity.js';
import { newAccessKey, newId, newPassword, newSecretKey } from './identifiers.js';
import { PasswordHasher } from './password-hasher.service.js';
import { passwordProblems } from './password-rules.js';
import { Project } from './project.entity.js';
import { SecretBox } from './secret-box.js';
import { User } from './user.entity.js';

@Injectable()
export class DomainFounder {
  private readonly logger = new Logger(DomainFounder.name);

  constructor(
    private readonly passwords: PasswordHasher,
    private readonly box: SecretBox,
    private readonly recorder: TraceRecorder,
    private readonly extensions: DirectoryExtensions,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** In the caller's transaction, under its lock: the domain, its project, its administrator and an access key, with their secrets. */
  async found(transaction: Transaction): Promise<Credentials> {
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
    await this.extensions.domainCreated({ id: domainId, isOperator: true, administratorId: user.id }, transaction);
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
