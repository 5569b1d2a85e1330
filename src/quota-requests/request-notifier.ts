/** Whom else a step of a request is told: bound by the module to whatever tells it. */
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/database.js';
import type { QuotaRequest, RequestStep } from './quota-request.js';

export interface RequestNotice {
  /** As it is after the step. */
  readonly request: QuotaRequest;
  /** With `internal` set: for operators alone. */
  readonly step: RequestStep;
}

/** Called once for each step, in its transaction: what is told and what is true are committed together. Must not wait for anybody. */
export interface RequestNotifier {
  notify(notice: RequestNotice, transaction: Transaction): Promise<void>;
}

export const REQUEST_NOTIFIER = Symbol('REQUEST_NOTIFIER');

@Injectable()
export class SilentNotifier implements RequestNotifier {
  notify(): Promise<void> {
    return Promise.resolve();
  }
}
