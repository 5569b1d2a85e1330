/** Tells webhooks of each step of a request: event `quota.request.<action>`, in the step's transaction. */
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/database.js';
import { Notifications } from '../quotas/index.js';
import type { QuotaRequest, RequestStep } from './quota-request.js';
import { renderNotice } from './request-notice.dto.js';

@Injectable()
export class RequestNotifier {
  constructor(private readonly notifications: Notifications) {}

  /**
   * What is internal is told to nobody outside.
   *
   * @param request as it is after the step
   */
  async notify(request: QuotaRequest, step: RequestStep, transaction: Transaction): Promise<void> {
    if (step.internal) return;
    const event = `quota.request.${step.action.toLowerCase()}`;
    const data = renderNotice(request, step);
    await this.notifications.notify(transaction, request.domainId, { event, subject: request.id, data });
  }
}
