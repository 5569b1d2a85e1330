/** What other capabilities may know of traces. */
export { TracesModule } from './traces.module.js';
export { operationUser, type OwnOperation, TraceRecorder } from './trace-recorder.service.js';
export { RecordingSwitch } from './recording.store.js';
export {
  type ProjectedBatch,
  type ProjectedTrace,
  type TraceAnnotator,
  TraceExtensions,
  type TraceProjection,
} from './trace-projection.js';
export { csvRecord } from './core/csv.js';
export type { Trace } from './core/trace.js';
export { actorIdIn } from './core/trace-user.js';
export { type StoredOperation, StoredTraces } from './stored-traces.service.js';
export { InstallationOwner, type OperatorDomain } from './traces.tokens.js';
export { readLines } from './replay-files.js';
export { replayCommand, type ReplayTarget } from './replay.command.js';
export { flowFor, unlimitedFlow } from './replay-flow.js';
export { newestTime, replayKey, transformLine } from './core/replay-transform.js';
export { retentionCommand } from './retention.command.js';
export { RetentionService } from './retention.service.js';
