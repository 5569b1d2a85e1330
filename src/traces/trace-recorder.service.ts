/** Records our own operations as traces: through the outbox and the same topic that services publish to (design §5). */
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { uuidV1 } from '../kernel/ids.js';
import type { Principal } from '../kernel/principal.js';
import type { Transaction } from '../platform/database/database.js';
import { TraceOutboxStore } from './trace-outbox.store.js';

/** An operation of this service, told by whoever does it. Bodies must come without secrets. */
export interface OwnOperation {
  readonly serviceType: string;
  readonly resourceType: string;
  readonly traceName: string;
  readonly rating: 'normal' | 'warning' | 'incident';
  readonly domainId: string;
  readonly projectId: string;
  readonly resourceName?: string;
  readonly resourceId?: string;
  /** Null for what the service does by itself. */
  readonly user?: {
    readonly id: string;
    readonly name: string;
    readonly domainId: string;
    readonly domainName: string;
    readonly accessKeyId?: string;
  } | null;
  readonly sourceIp?: string;
  readonly code?: string;
  readonly message?: string;
  readonly request?: unknown;
  readonly response?: unknown;
  readonly requestId?: string;
  readonly readOnly?: boolean;
  readonly userAgent?: string;
}

/** The caller as {@link OwnOperation} names it. */
export function operationUser(principal: Principal): NonNullable<OwnOperation['user']> {
  return {
    id: principal.userId,
    name: principal.userName,
    domainId: principal.domainId,
    domainName: principal.domainName,
    ...(principal.accessKeyId === null ? {} : { accessKeyId: principal.accessKeyId }),
  };
}

const TICKS_PER_MS = 10_000;

@Injectable()
export class TraceRecorder {
  /** Clock sequence and node of this process's version-1 ids; the multicast bit marks a node that is no network card. */
  private readonly node = `${randomBytes(2).toString('hex')}${(randomBytes(1).readUInt8() | 1).toString(16).padStart(2, '0')}${randomBytes(5).toString('hex')}`;
  private lastMs = 0;
  private ticks = 0;

  constructor(private readonly outbox: TraceOutboxStore) {}

  /** In the caller's transaction: the operation and its trace are committed together, or neither. */
  async record(operation: OwnOperation, transaction: Transaction): Promise<void> {
    // Of all clocks only this one is that of ingest, which refuses what lies in its future.
    const now = await this.outbox.now(transaction);
    const traceId = uuidV1(now, this.nextTick(now), this.node);
    await this.outbox.add(
      {
        domainId: operation.domainId,
        traceId,
        recordKey: operation.resourceId ?? traceId,
        payload: JSON.stringify(toEvent(operation, traceId, now)),
      },
      transaction,
    );
  }

  private nextTick(now: number): number {
    this.ticks = now === this.lastMs ? (this.ticks + 1) % TICKS_PER_MS : 0;
    this.lastMs = now;
    return this.ticks;
  }
}

/** The API v3 shape, with the domain and project that the API leaves out. */
function toEvent(operation: OwnOperation, traceId: string, now: number): Record<string, unknown> {
  const { user } = operation;
  return {
    trace_id: traceId,
    trace_name: operation.traceName,
    trace_rating: operation.rating,
    trace_type: user ? 'ApiCall' : 'SystemAction',
    event_type: 'system',
    service_type: operation.serviceType,
    resource_type: operation.resourceType,
    resource_name: operation.resourceName,
    resource_id: operation.resourceId,
    domain_id: operation.domainId,
    project_id: operation.projectId,
    tracker_name: 'system',
    user: user
      ? {
          id: user.id,
          name: user.name,
          user_name: user.name,
          domain: { id: user.domainId, name: user.domainName },
          type: 'User',
          access_key_id: user.accessKeyId,
        }
      : undefined,
    source_ip: operation.sourceIp ?? '',
    request: body(operation.request),
    response: body(operation.response),
    code: operation.code,
    message: operation.message,
    api_version: 'v1',
    request_id: operation.requestId,
    read_only: operation.readOnly ?? false,
    user_agent: operation.userAgent,
    time: now,
    record_time: now,
  };
}

function body(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}
