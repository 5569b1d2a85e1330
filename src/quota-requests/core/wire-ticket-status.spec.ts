import { REQUEST_STATES, type RequestState } from './request-states.js';
import {
  allowedActions,
  isTicketStatus,
  statesOf,
  TICKET_STATUSES,
  ticketStatus,
  type TicketStatus,
} from './wire-ticket-status.js';

const READ: readonly (readonly [RequestState, boolean, TicketStatus])[] = [
  ['pending', false, 0],
  ['in_review', false, 1],
  ['needs_info', false, 17],
  ['approved', false, 2],
  ['approved', true, 3],
  ['partially_approved', false, 2],
  ['partially_approved', true, 3],
  ['denied', false, 2],
  ['denied', true, 3],
  ['withdrawn', false, 4],
  ['expired', false, 3],
  ['invalid', false, 12],
];

describe('the status of a ticket', () => {
  it.each(READ)('%s, closed %s, is %i', (state, closed, status) => {
    expect(ticketStatus(state, closed)).toBe(status);
  });

  it.each(READ)('and back: %s, closed %s, is among those of %i', (state, closed, status) => {
    expect(statesOf([status])).toContainEqual({ state, closed });
  });

  it('each state has exactly one status, and none is lost among all statuses', () => {
    const statuses = Object.keys(TICKET_STATUSES).map(Number).filter(isTicketStatus);
    const states = new Set(READ.map(([state]) => state));
    expect([...states].sort()).toEqual([...REQUEST_STATES].sort());
    expect(statuses).toHaveLength(9);
    const found = statuses.flatMap((status) => statesOf([status]));
    expect(found).toHaveLength(2 * states.size);
    expect(new Set(found.map(({ state, closed }) => `${state} ${String(closed)}`)).size).toBe(found.length);
    expect(statesOf(statuses)).toHaveLength(found.length);
  });

  it.each([5, 13] as const)('%i is known, and no request has it', (status) => {
    expect(isTicketStatus(status)).toBe(true);
    expect(statesOf([status])).toEqual([]);
  });

  it.each([6, -1, 30])('%i is none', (status) => {
    expect(isTicketStatus(status)).toBe(false);
  });

  it.each<[TicketStatus, string[]]>([
    [0, ['cancel', 'press']],
    [1, ['cancel', 'press']],
    [17, ['cancel']],
    [2, ['close']],
    [3, ['delete']],
    [4, ['delete']],
    [12, ['delete']],
    [5, []],
    [13, []],
  ])('%i takes %j', (status, actions) => {
    expect(allowedActions(status)).toEqual(actions);
  });
});
