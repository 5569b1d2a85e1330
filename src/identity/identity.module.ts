import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TracesModule } from '../traces/index.js';
import { AccessKey } from './access-key.entity.js';
import { Authenticator } from './authenticator.service.js';
import { BootstrapService } from './bootstrap.service.js';
import { CallersStore } from './callers.store.js';
import { DirectoryExtensions } from './directory-extensions.js';
import { DirectoryRecorder } from './directory-recorder.service.js';
import { DirectoryStore } from './directory.store.js';
import { Domain } from './domain.entity.js';
import { DomainFounder } from './domain-founder.service.js';
import { DomainViews } from './domain-views.service.js';
import { DomainsController } from './domains.controller.js';
import { DomainsService } from './domains.service.js';
import { LoginService } from './login.service.js';
import { OperatorDirectory } from './operator-directory.service.js';
import { PasswordHasher } from './password-hasher.service.js';
import { Project } from './project.entity.js';
import { ProjectDirectory } from './project-directory.service.js';
import { SecretBox } from './secret-box.js';
import { SigningKey } from './signing-key.entity.js';
import { SigningKeys } from './signing-keys.service.js';
import { SubjectDirectory } from './subject-directory.service.js';
import { TokenAuthenticator } from './token-authenticator.service.js';
import { TokenController } from './token.controller.js';
import { TokenService } from './token.service.js';
import { User } from './user.entity.js';

/** Who calls. */
@Module({
  imports: [TypeOrmModule.forFeature([Domain, Project, User, AccessKey, SigningKey]), TracesModule],
  controllers: [TokenController, DomainsController],
  providers: [
    SecretBox,
    PasswordHasher,
    SigningKeys,
    TokenService,
    DirectoryStore,
    ProjectDirectory,
    OperatorDirectory,
    CallersStore,
    SubjectDirectory,
    DirectoryRecorder,
    DirectoryExtensions,
    TokenAuthenticator,
    Authenticator,
    LoginService,
    DomainFounder,
    BootstrapService,
    DomainsService,
    DomainViews,
  ],
  exports: [
    Authenticator,
    DirectoryExtensions,
    ProjectDirectory,
    OperatorDirectory,
    BootstrapService,
    SubjectDirectory,
  ],
})
export class IdentityModule {}
