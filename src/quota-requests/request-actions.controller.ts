/** `POST /v1/quota-requests/{id}/…`: what is done with a request (contracts.md, Quota requests). */
import { Controller, HttpCode, Post, UseInterceptors } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { type Actor, CurrentActor } from '../identity/index.js';
import { Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { domainOfId } from '../quotas/index.js';
import type { RequestDetail } from './quota-request.js';
import { RequestActions } from './request-actions.service.js';
import { RequestApproval } from './request-approval.service.js';
import type { ChangeTerms } from './request-changes.service.js';
import { RequestComments } from './request-comments.service.js';
import { RequestView, Terms } from './request-view.js';
import {
  type AmendRequest,
  amendRequestSchema,
  answerSchema,
  type Approve,
  approveSchema,
  askSchema,
  type AssignRequest,
  assignSchema,
  commentSchema,
  denySchema,
  requestPathSchema,
  requestSchema,
  reviewSchema,
  withdrawSchema,
} from './requests.dto.js';

type Id = z.infer<typeof requestPathSchema>;

/**
 * Policies are asked by the handlers, on the URN of the request's scope, which only its row tells. Whether an action is the operators'
 * is asked there, too: a requester who approves is told that it is its own.
 */
const BY_ID = { plane: 'tenant', self: true, domain: 'path.id', domainIn: domainOfId } as const;

@ApiTags('Quota requests')
@ApiHeader({ name: 'If-Match', required: false, description: 'The ETag that the change was decided on.' })
@ApiHeader({ name: 'Idempotency-Key', required: false, description: '1 to 255 printable characters.' })
@UseInterceptors(RequestView)
@Controller('v1/quota-requests/:id')
export class RequestActionsController {
  constructor(
    private readonly actions: RequestActions,
    private readonly approval: RequestApproval,
    private readonly comments: RequestComments,
  ) {}

  @Post('approve')
  @HttpCode(200)
  @Requires('quota:request:approve', BY_ID)
  @ApiOperation({
    summary: 'Grant what is asked for, or part of it, or for a time; large requests take several approvers',
  })
  @ApiZodResponse(200, requestSchema)
  approve(
    @ApiZodParams(requestPathSchema) { id }: Id,
    @ApiZodBody(approveSchema.prefault({})) { granted, until, reason }: Approve,
    @CurrentActor() actor: Actor,
    @Terms() terms: ChangeTerms,
  ): Promise<RequestDetail> {
    return this.approval.approve(actor, id, { granted, untilMs: until, reason }, terms);
  }

  @Post('deny')
  @HttpCode(200)
  @Requires('quota:request:approve', BY_ID)
  @ApiOperation({ summary: 'Deny a request, saying why' })
  @ApiZodResponse(200, requestSchema)
  deny(
    @ApiZodParams(requestPathSchema) { id }: Id,
    @ApiZodBody(denySchema) { reason }: z.infer<typeof denySchema>,
    @CurrentActor() actor: Actor,
    @Terms() terms: ChangeTerms,
  ): Promise<RequestDetail> {
    return this.actions.act(actor, id, { action: 'deny', text: reason }, terms);
  }

  @Post('withdraw')
  @HttpCode(200)
  @Requires('quota:request:withdraw', BY_ID)
  @ApiOperation({ summary: 'Take a request back' })
  @ApiZodResponse(200, requestSchema)
  withdraw(
    @ApiZodParams(requestPathSchema) { id }: Id,
    @ApiZodBody(withdrawSchema.prefault({})) { reason = '' }: z.infer<typeof withdrawSchema>,
    @CurrentActor() actor: Actor,
    @Terms() terms: ChangeTerms,
  ): Promise<RequestDetail> {
    return this.actions.act(actor, id, { action: 'withdraw', text: reason }, terms);
  }

  @Post('review')
  @HttpCode(200)
  @Requires('quota:request:review', BY_ID)
  @ApiOperation({ summary: 'Take a request into review' })
  @ApiZodResponse(200, requestSchema)
  review(
    @ApiZodParams(requestPathSchema) { id }: Id,
    @ApiZodBody(reviewSchema.prefault({})) { note = '' }: z.infer<typeof reviewSchema>,
    @CurrentActor() actor: Actor,
    @Terms() terms: ChangeTerms,
  ): Promise<RequestDetail> {
    return this.actions.act(actor, id, { action: 'review', text: note }, terms);
  }

  @Post('ask')
  @HttpCode(200)
  @Requires('quota:request:review', BY_ID)
  @ApiOperation({ summary: 'Ask the requester; the time to decide stands still until it answers' })
  @ApiZodResponse(200, requestSchema)
  ask(
    @ApiZodParams(requestPathSchema) { id }: Id,
    @ApiZodBody(askSchema) { question }: z.infer<typeof askSchema>,
    @CurrentActor() actor: Actor,
    @Terms() terms: ChangeTerms,
  ): Promise<RequestDetail> {
    return this.actions.act(actor, id, { action: 'ask', text: question }, terms);
  }

  @Post('answer')
  @HttpCode(200)
  @Requires('quota:request:update', BY_ID)
  @ApiOperation({ summary: 'Answer a question' })
  @ApiZodResponse(200, requestSchema)
  answer(
    @ApiZodParams(requestPathSchema) { id }: Id,
    @ApiZodBody(answerSchema) { text }: z.infer<typeof answerSchema>,
    @CurrentActor() actor: Actor,
    @Terms() terms: ChangeTerms,
  ): Promise<RequestDetail> {
    return this.actions.act(actor, id, { action: 'answer', text }, terms);
  }

  @Post('amend')
  @HttpCode(200)
  @Requires('quota:request:update', BY_ID)
  @ApiOperation({ summary: 'Ask for something else, while the request is pending' })
  @ApiZodResponse(200, requestSchema)
  amend(
    @ApiZodParams(requestPathSchema) { id }: Id,
    @ApiZodBody(amendRequestSchema) { until, ...body }: AmendRequest,
    @CurrentActor() actor: Actor,
    @Terms() terms: ChangeTerms,
  ): Promise<RequestDetail> {
    return this.actions.amend(actor, id, { ...body, untilMs: until }, terms);
  }

  @Post('comments')
  @HttpCode(200)
  @Requires('quota:request:comment', BY_ID)
  @ApiOperation({ summary: 'Say something about a request; internal: among operators' })
  @ApiZodResponse(200, requestSchema)
  comment(
    @ApiZodParams(requestPathSchema) { id }: Id,
    @ApiZodBody(commentSchema) body: z.infer<typeof commentSchema>,
    @CurrentActor() actor: Actor,
    @Terms() terms: ChangeTerms,
  ): Promise<RequestDetail> {
    return this.comments.add(actor, id, body, terms);
  }

  @Post('assign')
  @HttpCode(200)
  @Requires('quota:request:review', BY_ID)
  @ApiOperation({ summary: 'Say who looks after a request, and how urgent it is' })
  @ApiZodResponse(200, requestSchema)
  assign(
    @ApiZodParams(requestPathSchema) { id }: Id,
    @ApiZodBody(assignSchema) { assignee, priority }: AssignRequest,
    @CurrentActor() actor: Actor,
    @Terms() terms: ChangeTerms,
  ): Promise<RequestDetail> {
    const person = assignee && { userId: assignee.id, userName: assignee.name };
    return this.actions.assign(actor, id, { assignee: person, priority }, terms);
  }
}
