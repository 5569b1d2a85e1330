/** Which traces a domain does not want recorded. They are counted, not stored. */
import type { Trace } from './trace.js';

/** Recording as the configuration API sets it (domain/cts.md §2.9). */
export interface RecordingSettings {
  /** Off: nothing of the domain is recorded. */
  readonly recording: boolean;
  /** On: the reads of every service are recorded, and `readOnlyServices` says nothing. */
  readonly supportReadOnly: boolean;
  /** Services whose reads are recorded while `supportReadOnly` is off; in any case of letters. */
  readonly readOnlyServices: readonly string[];
}

export function isFiltered(trace: Pick<Trace, 'readOnly' | 'serviceType'>, settings: RecordingSettings): boolean {
  if (!settings.recording) return true;
  if (trace.readOnly !== true || settings.supportReadOnly) return false;
  const service = trace.serviceType.toLowerCase();
  return !settings.readOnlyServices.some((name) => name.toLowerCase() === service);
}
