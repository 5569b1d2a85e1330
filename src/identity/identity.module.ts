import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TracesModule } from '../traces/index.js';
import { AccessKey } from './access-key.entity.js';
import { Authenticator } from './authenticator.service.js';
import { BootstrapService } from './bootstrap.service.js';
import { CallersStore } from './callers.store.js';
import { DirectoryRecorder } from './directory-recorder.service.js';
import { DirectoryStore } from './directory.store.js';
import { Domain } from './domain.entity.js';
import { DomainViews } from './domain-views.service.js';
import { DomainsController } from './domains.controller.js';
import { DomainsService } from './domains.service.js';
import { EncryptionKeyCheck } from './encryption-key.service.js';
import { ExternalIssuer } from './external-issuer.service.js';
import { FederationStore } from './federation.store.js';
import { IdentityJobs } from './identity.jobs.js';
import { KeyRotation } from './key-rotation.service.js';
import { LoginIdentity } from './login-identity.service.js';
import { LoginRecorder } from './login-recorder.service.js';
import { LoginService } from './login.service.js';
import { LoginStore } from './login.store.js';
import { LoginThrottleStore } from './login-throttle.store.js';
import { MfaController } from './mfa.controller.js';
import { MfaDevicesStore } from './mfa-devices.store.js';
import { MfaSeeds } from './mfa-seeds.service.js';
import { MfaService } from './mfa.service.js';
import { OperatorDirectory } from './operator-directory.service.js';
import { PasswordHasher } from './password-hasher.service.js';
import { Project } from './project.entity.js';
import { ProjectDirectory } from './project-directory.service.js';
import { SecretBox } from './secret-box.js';
import { SigningKeysController } from './signing-keys.controller.js';
import { SigningKeys } from './signing-keys.service.js';
import { SigningKeysStore } from './signing-keys.store.js';
import { TokenAuthenticator } from './token-authenticator.service.js';
import { TokenController } from './token.controller.js';
import { TokenRevocationsStore } from './token-revocations.store.js';
import { TokenService } from './token.service.js';
import { TokenSubjects } from './token-subjects.service.js';
import { User } from './user.entity.js';

/** Who calls. */
@Module({
  imports: [TypeOrmModule.forFeature([Domain, Project, User, AccessKey]), TracesModule],
  controllers: [TokenController, MfaController, SigningKeysController, DomainsController],
  providers: [
    SecretBox,
    EncryptionKeyCheck,
    PasswordHasher,
    SigningKeysStore,
    SigningKeys,
    KeyRotation,
    TokenService,
    DirectoryStore,
    ProjectDirectory,
    OperatorDirectory,
    CallersStore,
    DirectoryRecorder,
    FederationStore,
    ExternalIssuer,
    TokenAuthenticator,
    Authenticator,
    TokenRevocationsStore,
    TokenSubjects,
    LoginThrottleStore,
    LoginStore,
    LoginRecorder,
    LoginIdentity,
    LoginService,
    MfaDevicesStore,
    MfaSeeds,
    MfaService,
    IdentityJobs,
    BootstrapService,
    DomainsService,
    DomainViews,
  ],
  exports: [Authenticator, ProjectDirectory, OperatorDirectory, BootstrapService, EncryptionKeyCheck],
})
export class IdentityModule {}
