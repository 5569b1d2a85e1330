/** The one internal module of kafkajs that is patched, see `request-queue.patch.ts`. kafkajs ships no types for it. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  import type { EventEmitter } from 'node:events';

  export interface PushedRequest {
    readonly entry: {
      readonly correlationId: number;
      readonly apiKey: number;
      readonly apiName: string;
      readonly apiVersion: number;
      resolve(response: unknown): void;
      reject(error: Error): void;
    };
    readonly expectResponse: boolean;
    sendRequest(): void;
    readonly requestTimeout?: number;
  }

  export default class RequestQueue extends EventEmitter {
    constructor(options: {
      maxInFlightRequests: number | null;
      requestTimeout: number;
      enforceRequestTimeout: boolean;
      clientId: string;
      broker: string;
      logger: { debug(message: string, extra?: object): void; warn(message: string, extra?: object): void };
    });
    readonly pending: unknown[];
    /** Epoch ms; in the past when the broker does not throttle. */
    readonly throttledUntil: number;
    readonly throttleCheckTimeoutId: NodeJS.Timeout | null;
    push(request: PushedRequest): void;
    fulfillRequest(response: { correlationId: number; payload: unknown; size: number }): void;
    maybeThrottle(clientSideThrottleTimeMs: number): void;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests: (this: RequestQueue) => void;
    destroy(): void;
  }
}
