export type { PresentedRequest } from './authentication.js';
export { Authenticator } from './authenticator.service.js';
export { type BootstrapResult, BootstrapService } from './bootstrap.service.js';
export { EncryptionKeyCheck } from './encryption-key.service.js';
export { RotationRefused, rotateEncryptionKey } from './encryption-rotation.js';
export type { Credentials } from './credentials-file.js';
export {
  type ChangedAdministrator,
  DirectoryExtensions,
  type DomainObserver,
  type NewDomain,
} from './directory-extensions.js';
export { IdentityModule } from './identity.module.js';
export { type OperatorDomain, OperatorDirectory } from './operator-directory.service.js';
export { ProjectDirectory } from './project-directory.service.js';
export { type DirectoryUser, SubjectDirectory } from './subject-directory.service.js';
