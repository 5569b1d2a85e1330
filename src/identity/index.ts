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
  type SwitchedDomain,
} from './directory-extensions.js';
export { IdentityModule } from './identity.module.js';
export { type OperatorDomain, OperatorDirectory } from './operator-directory.service.js';
export { ProjectDirectory } from './project-directory.service.js';
export { type DirectoryUser, SubjectDirectory } from './subject-directory.service.js';
export { CurrentActor } from './current-actor.js';
export { conflict, forbidden, namingConflicts, notFound, requireOwnDomain } from './directory-faults.js';
export { type Actor, DirectoryRecorder } from './directory-recorder.service.js';
export { linksSchema, listLinks, type Links, resourceLinks, selfSchema } from './iam-links.dto.js';
export { newId } from './identifiers.js';
export { filterText, recordText } from './identity-fields.dto.js';
export { groupOf, userOf } from './user-directory.service.js';
