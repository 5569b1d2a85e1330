import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TracesModule } from '../traces/index.js';
import { AccessKey } from './access-key.entity.js';
import { AccessKeysController } from './access-keys.controller.js';
import { AccessKeysService } from './access-keys.service.js';
import { Authenticator } from './authenticator.service.js';
import { BootstrapService } from './bootstrap.service.js';
import { CallersStore } from './callers.store.js';
import { DirectoryExtensions } from './directory-extensions.js';
import { DirectoryRecorder } from './directory-recorder.service.js';
import { DirectoryStore } from './directory.store.js';
import { DomainFounder } from './domain-founder.service.js';
import { DomainSwitches } from './domain-switches.service.js';
import { DomainViews } from './domain-views.service.js';
import { Domain } from './domain.entity.js';
import { DomainsController } from './domains.controller.js';
import { DomainsService } from './domains.service.js';
import { GroupMember } from './group-member.entity.js';
import { Group } from './group.entity.js';
import { GroupsController } from './groups.controller.js';
import { GroupsService } from './groups.service.js';
import { InstanceCredentialsController } from './instance-credentials.controller.js';
import { KeyUse } from './key-use.service.js';
import { LoginCommandsController } from './login-commands.controller.js';
import { LoginService } from './login.service.js';
import { LoginUse } from './login-use.service.js';
import { EncryptionKeyCheck } from './encryption-key.service.js';
import { ExternalIssuer } from './external-issuer.service.js';
import { FederationStore } from './federation.store.js';
import { IdentityJobs } from './identity.jobs.js';
import { KeyRotation } from './key-rotation.service.js';
import { LoginIdentity } from './login-identity.service.js';
import { LoginRecorder } from './login-recorder.service.js';
import { LoginStore } from './login.store.js';
import { LoginThrottleStore } from './login-throttle.store.js';
import { MfaController } from './mfa.controller.js';
import { MfaDevicesStore } from './mfa-devices.store.js';
import { MfaSeeds } from './mfa-seeds.service.js';
import { MfaService } from './mfa.service.js';
import { OperatorDirectory } from './operator-directory.service.js';
import { OsUsersController } from './os-users.controller.js';
import { PasswordHasher } from './password-hasher.service.js';
import { ProjectDirectory } from './project-directory.service.js';
import { Project } from './project.entity.js';
import { ProjectsController } from './projects.controller.js';
import { ProjectsService } from './projects.service.js';
import { Reauthentication } from './reauthentication.service.js';
import { RegionDirectory } from './region-directory.service.js';
import { RegionSeeder } from './region-seeder.service.js';
import { Region } from './region.entity.js';
import { IamRegionsController, RegionsController } from './regions.controller.js';
import { RegionsService } from './regions.service.js';
import { RegionsStore } from './regions.store.js';
import { RegistryCredentials } from './registry-credentials.service.js';
import { RegistryCredentialsStore } from './registry-credentials.store.js';
import { RegistryLoginsController } from './registry-logins.controller.js';
import { RegistryLogins } from './registry-logins.service.js';
import { RegistryLoginsStore } from './registry-logins.store.js';
import { SecretBox } from './secret-box.js';
import { SecurityTokensController } from './security-tokens.controller.js';
import { SecurityTokens } from './security-tokens.service.js';
import { SignatureAuthenticator } from './signature-authenticator.service.js';
import { SignersStore } from './signers.store.js';
import { SigningKeys } from './signing-keys.service.js';
import { SigningSecrets } from './signing-secrets.service.js';
import { TemporaryKeys } from './temporary-keys.service.js';
import { SigningKeysController } from './signing-keys.controller.js';
import { SigningKeysStore } from './signing-keys.store.js';
import { SubjectDirectory } from './subject-directory.service.js';
import { TokenAuthenticator } from './token-authenticator.service.js';
import { TokenController } from './token.controller.js';
import { TokenRevocationsStore } from './token-revocations.store.js';
import { TokenService } from './token.service.js';
import { UserDirectory } from './user-directory.service.js';
import { TokenSubjects } from './token-subjects.service.js';
import { User } from './user.entity.js';
import { UsersController } from './users.controller.js';
import { UsersService } from './users.service.js';

/** Who calls. */
@Module({
  imports: [TypeOrmModule.forFeature([Domain, Project, User, AccessKey, Group, GroupMember, Region]), TracesModule],
  controllers: [
    TokenController,
    MfaController,
    SigningKeysController,
    DomainsController,
    RegionsController,
    IamRegionsController,
    UsersController,
    OsUsersController,
    GroupsController,
    ProjectsController,
    AccessKeysController,
    SecurityTokensController,
    LoginCommandsController,
    InstanceCredentialsController,
    RegistryLoginsController,
  ],
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
    SubjectDirectory,
    DirectoryRecorder,
    DirectoryExtensions,
    FederationStore,
    ExternalIssuer,
    TokenAuthenticator,
    SignersStore,
    TemporaryKeys,
    SigningSecrets,
    SecurityTokens,
    RegistryCredentialsStore,
    RegistryCredentials,
    RegistryLoginsStore,
    LoginUse,
    RegistryLogins,
    KeyUse,
    SignatureAuthenticator,
    Authenticator,
    TokenRevocationsStore,
    TokenSubjects,
    LoginThrottleStore,
    LoginStore,
    LoginRecorder,
    LoginIdentity,
    LoginService,
    Reauthentication,
    DomainFounder,
    MfaDevicesStore,
    MfaSeeds,
    MfaService,
    IdentityJobs,
    BootstrapService,
    DomainsService,
    DomainSwitches,
    DomainViews,
    RegionsStore,
    RegionSeeder,
    RegionDirectory,
    RegionsService,
    UserDirectory,
    UsersService,
    GroupsService,
    ProjectsService,
    AccessKeysService,
  ],
  exports: [
    DirectoryRecorder,
    Authenticator,
    DirectoryExtensions,
    ProjectDirectory,
    OperatorDirectory,
    BootstrapService,
    EncryptionKeyCheck,
    RegionDirectory,
    SubjectDirectory,
  ],
})
export class IdentityModule {}
