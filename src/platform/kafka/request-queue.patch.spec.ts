import RequestQueue, { type PushedRequest } from 'kafkajs/src/network/requestQueue/index.js';
import { patchRequestQueue } from './request-queue.patch.js';

const silent = { debug: () => undefined, warn: () => undefined };

function queueOf(maxInFlightRequests: number | null, Queue = RequestQueue): RequestQueue {
  return new Queue({
    maxInFlightRequests,
    requestTimeout: 1_000,
    enforceRequestTimeout: false,
    clientId: 'spec',
    broker: '127.0.0.1:1',
    logger: silent,
  });
}

function request(correlationId: number, sent: number[]): PushedRequest {
  return {
    entry: {
      correlationId,
      apiKey: 0,
      apiName: 'Produce',
      apiVersion: 0,
      resolve: () => undefined,
      reject: () => undefined,
    },
    expectResponse: true,
    sendRequest: () => sent.push(correlationId),
  };
}

const answer = (correlationId: number) => ({ correlationId, payload: null, size: 0 });

describe('the idle-timer fix of kafkajs', () => {
  let queue: RequestQueue | undefined;

  beforeAll(patchRequestQueue);
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    queue?.destroy();
    jest.useRealTimers();
  });

  it('is still needed: the kafkajs in use schedules a check whatever is pending', () => {
    jest.isolateModules(() => {
      const untouched = jest.requireActual<typeof RequestQueue>('kafkajs/src/network/requestQueue/index.js');
      queue = queueOf(null, untouched);
      queue.checkPendingRequests();
    });
    expect(jest.getTimerCount()).toBe(1);
  });

  it('leaves no timer behind when nothing waits', () => {
    const sent: number[] = [];
    queue = queueOf(null);
    queue.push(request(1, sent));
    queue.fulfillRequest(answer(1));
    expect(sent).toEqual([1]);
    expect(queue.throttleCheckTimeoutId).toBeNull();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is applied once, however often it is asked for', () => {
    const before = RequestQueue.prototype.scheduleCheckPendingRequests;
    patchRequestQueue();
    expect(RequestQueue.prototype.scheduleCheckPendingRequests).toBe(before);
  });

  it('still sends a request that waited for a throttle to end', () => {
    const sent: number[] = [];
    queue = queueOf(null);
    queue.maybeThrottle(500);
    queue.push(request(1, sent));
    jest.advanceTimersByTime(499);
    expect(sent).toEqual([]);
    jest.advanceTimersByTime(2);
    expect(sent).toEqual([1]);
  });

  it('still checks while throttled with nothing waiting, and rests afterwards', () => {
    queue = queueOf(null);
    queue.maybeThrottle(500);
    queue.checkPendingRequests();
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(600);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('still sends a request that waited for a place in flight', () => {
    const sent: number[] = [];
    queue = queueOf(1);
    queue.push(request(1, sent));
    queue.push(request(2, sent));
    expect(sent).toEqual([1]);
    queue.fulfillRequest(answer(1));
    expect(sent).toEqual([1, 2]);
    queue.fulfillRequest(answer(2));
    jest.advanceTimersByTime(100);
    expect(jest.getTimerCount()).toBe(0);
  });
});
