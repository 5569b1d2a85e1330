/** The canonical trace: one record for all wire shapes. No wire names, no absent members; what a sender left out is null. */

/**
 * How the sender wrote the trace. The first line that fits decides:
 * - `push`: wrapped in `{"cts":{…}}`, or with both `trace_rating` and `trace_status`, as the FunctionGraph trigger sends it
 * - `console`: `time` or `record_time` is a formatted date
 * - `api-v2`: `trace_status` in place of `trace_rating`
 * - `file`: `user` is a string, and `event_type` or `tracker_name`, which no version of the API has, is there (OBS, LTS)
 * - `api-v1`: `user` is a string
 * - `api-v3`: everything else
 */
export type WireShape = 'api-v3' | 'api-v1' | 'api-v2' | 'file' | 'push' | 'console';

/** Members and meaning as in domain/cts.md §1.1; times in epoch ms. */
export interface Trace {
  readonly domainId: string;
  /** '' where the sender named none: such a trace is reached domain-wide. */
  readonly projectId: string;
  readonly traceId: string;
  /** The trace's own record time, else that of its version-1 id, else `time`. */
  readonly recordTime: number;
  readonly time: number;
  readonly traceName: string;
  readonly traceRating: string;
  readonly traceType: string;
  readonly eventType: string;
  readonly serviceType: string;
  readonly resourceType: string;
  readonly resourceName: string | null;
  readonly resourceId: string | null;
  readonly resourceAccountId: string | null;
  readonly enterpriseProjectId: string | null;
  readonly userName: string | null;
  /** Id of the user, who is of the trace's own domain; not stored apart from `user`, and so undefined where it was not read with it. */
  readonly actorId?: string | null;
  readonly accessKeyId: string | null;
  /** JSON text of the user object, or the string as it came where it was not JSON. */
  readonly user: string | null;
  readonly sourceIp: string | null;
  readonly code: string | null;
  readonly apiVersion: string | null;
  readonly message: string | null;
  readonly request: string | null;
  readonly response: string | null;
  readonly requestId: string | null;
  readonly locationInfo: string | null;
  readonly endpoint: string | null;
  readonly resourceUrl: string | null;
  readonly readOnly: boolean | null;
  readonly operationId: string | null;
  readonly trackerName: string | null;
  readonly userAgent: string | null;
  /** An integer a double holds exactly. */
  readonly contentLength: number | null;
  /** Unit not documented; may have a fraction. */
  readonly totalTime: number | null;
  /** JSON text of an object with the members nobody documented, in the sender's order. */
  readonly extra: string | null;
  readonly wireShape: WireShape;
}

/** What ListTraces shows of a trace. */
export type TraceFields = Omit<Trace, 'extra' | 'wireShape'>;
