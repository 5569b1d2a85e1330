/** How states of quota requests read as statuses of tickets, and which actions a ticket takes in each (domain/quota.md §2.3). */
import { REQUEST_STATES, type RequestState } from './request-states.js';

/** The names are of the reference; 13 is a filter only. */
export const TICKET_STATUSES = {
  0: 'to be processed',
  1: 'processing',
  2: 'to be confirmed',
  3: 'completed',
  4: 'canceled',
  5: 'suspended',
  12: 'invalid',
  13: 'deleted',
  17: 'pending feedback',
} as const;
export type TicketStatus = keyof typeof TICKET_STATUSES;

export const TICKET_ACTIONS = ['cancel', 'close', 'press', 'delete'] as const;
export type TicketAction = (typeof TICKET_ACTIONS)[number];

/** Operations as `operate-logs` numbers them (ListCaseOperateLogs, operate_type). */
export const OPERATE_TYPES = { create: 0, press: 2, close: 3, cancel: 4, score: 5, delete: 13, reply: 85 } as const;
export type TicketOperation = keyof typeof OPERATE_TYPES;

export function isTicketStatus(value: number): value is TicketStatus {
  return Object.hasOwn(TICKET_STATUSES, value);
}

interface Reading {
  /** Whether the requester has confirmed the result; null: there is none to confirm. */
  readonly closed: boolean | null;
  readonly status: TicketStatus;
}

/** A decision is a result to confirm. Which decision it is, no status can say: tickets carry it beside. */
const DECIDED: readonly Reading[] = [
  { closed: false, status: 2 },
  { closed: true, status: 3 },
];

const READINGS: Readonly<Record<RequestState, readonly Reading[]>> = {
  pending: [{ closed: null, status: 0 }],
  in_review: [{ closed: null, status: 1 }],
  needs_info: [{ closed: null, status: 17 }],
  approved: DECIDED,
  partially_approved: DECIDED,
  denied: DECIDED,
  withdrawn: [{ closed: null, status: 4 }],
  expired: [{ closed: null, status: 3 }],
  invalid: [{ closed: null, status: 12 }],
};

export function ticketStatus(state: RequestState, closed: boolean): TicketStatus {
  const reading = READINGS[state].find((candidate) => candidate.closed === null || candidate.closed === closed);
  if (reading === undefined) throw new Error(`no status for ${state}`);
  return reading.status;
}

/** A state of a request, and whether its ticket is closed. */
export interface TicketState {
  readonly state: RequestState;
  readonly closed: boolean;
}

/** Everything that reads as one of the statuses; nothing for those that no request has. */
export function statesOf(statuses: readonly TicketStatus[]): TicketState[] {
  return REQUEST_STATES.flatMap((state) =>
    [false, true]
      .filter((closed) => statuses.includes(ticketStatus(state, closed)))
      .map((closed) => ({ state, closed })),
  );
}

/**
 * In which statuses the reference, or what follows from it, lets a requester do what. The reference names the actions; when each may be
 * done is inferred: a result is confirmed when there is one, an urge is for those who work on it, and only what is over is deleted.
 */
const ALLOWED: Readonly<Record<TicketAction, readonly TicketStatus[]>> = {
  cancel: [0, 1, 17],
  close: [2],
  press: [0, 1],
  delete: [3, 4, 12],
};

export function allowedActions(status: TicketStatus): TicketAction[] {
  return TICKET_ACTIONS.filter((action) => ALLOWED[action].includes(status));
}
