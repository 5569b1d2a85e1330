/** How a quota request goes from being asked to its end: one table of what may be done, by whom, from where, to where (design §9). */

export const OPEN_STATES = ['pending', 'in_review', 'needs_info'] as const;
export const FINAL_STATES = ['approved', 'partially_approved', 'denied', 'withdrawn', 'expired', 'invalid'] as const;
export const REQUEST_STATES = [...OPEN_STATES, ...FINAL_STATES] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

/** Who acts: whose wish it is, who decides on it, or the service by its clock and by what it is told. */
export const SIDES = ['requester', 'approver', 'service'] as const;
export type Side = (typeof SIDES)[number];

export const REQUEST_ACTIONS = [
  'amend',
  'review',
  'ask',
  'answer',
  'approve',
  'deny',
  'withdraw',
  'expire',
  'invalidate',
] as const;
export type RequestAction = (typeof REQUEST_ACTIONS)[number];

export interface Transition {
  readonly action: RequestAction;
  readonly from: RequestState;
  readonly to: RequestState;
  readonly by: readonly Side[];
}

function each(
  action: RequestAction,
  by: readonly Side[],
  froms: readonly RequestState[],
  tos: readonly RequestState[],
): Transition[] {
  return froms.flatMap((from) => tos.map((to) => ({ action, from, to, by })));
}

/** `in_review` of an approval: it counts, and others are needed yet. The service approves by a rule, and only what is new. */
export const TRANSITIONS: readonly Transition[] = [
  ...each('amend', ['requester'], ['pending'], ['pending']),
  ...each('review', ['approver'], ['pending'], ['in_review']),
  ...each('ask', ['approver'], ['in_review'], ['needs_info']),
  ...each('answer', ['requester'], ['needs_info'], ['in_review']),
  ...each('approve', ['approver'], OPEN_STATES, ['in_review', 'partially_approved']),
  ...each('approve', ['approver'], ['in_review', 'needs_info'], ['approved']),
  ...each('approve', ['approver', 'service'], ['pending'], ['approved']),
  ...each('deny', ['approver'], OPEN_STATES, ['denied']),
  ...each('withdraw', ['requester'], OPEN_STATES, ['withdrawn']),
  ...each('expire', ['service'], OPEN_STATES, ['expired']),
  ...each('invalidate', ['service'], OPEN_STATES, ['invalid']),
];

export function isOpen(state: RequestState): boolean {
  return (OPEN_STATES as readonly RequestState[]).includes(state);
}

/** Whether the action may be done from the state, to some other or to the one given. */
export function mayStep(from: RequestState, action: RequestAction, side: Side, to?: RequestState): boolean {
  return TRANSITIONS.some(
    (step) =>
      step.action === action && step.from === from && step.by.includes(side) && (to === undefined || step.to === to),
  );
}

/**
 * The actions that lead from one state to another by what the action says of itself: who asks has looked at it, so that a question to
 * what is pending is a review first. Null where it is not allowed.
 */
export function stepsOf(from: RequestState, action: RequestAction, side: Side): readonly RequestAction[] | null {
  if (mayStep(from, action, side)) return [action];
  if (action === 'ask' && mayStep(from, 'review', side)) return ['review', 'ask'];
  return null;
}

/** What the side may do in the state, in the order of {@link REQUEST_ACTIONS}. */
export function allowedActions(state: RequestState, side: Side): RequestAction[] {
  return REQUEST_ACTIONS.filter((action) => stepsOf(state, action, side) !== null);
}

/** The one state that the action leads to; throws an `Error` where the table names none or several, which is a defect. */
export function targetOf(from: RequestState, action: RequestAction, side: Side): RequestState {
  const targets = TRANSITIONS.filter((step) => step.action === action && step.from === from && step.by.includes(side));
  const [only] = targets;
  if (only === undefined || targets.length > 1)
    throw new Error(`${action} from ${from} leads to ${targets.map(({ to }) => to).join(' or ') || 'nothing'}`);
  return only.to;
}

/** Faults of a table of transitions; empty for a sound one. Asked when the module is loaded. */
export function tableFaults(table: readonly Transition[]): string[] {
  const faults: string[] = [];
  const names = table.map(({ action, from, to }) => `${action} from ${from} to ${to}`);
  faults.push(
    ...names.filter((name, index) => names.indexOf(name) < index).map((name) => `${name} stands there twice`),
  );
  for (const { action, from, by } of table) {
    if (!isOpen(from)) faults.push(`${action} leaves ${from}, which is final`);
    if (by.length === 0) faults.push(`nobody may ${action} from ${from}`);
  }
  const reached = new Set<RequestState>(['pending']);
  for (let grown = 0; grown < reached.size;) {
    grown = reached.size;
    for (const { from, to } of table) if (reached.has(from)) reached.add(to);
  }
  faults.push(...REQUEST_STATES.filter((state) => !reached.has(state)).map((state) => `nothing leads to ${state}`));
  for (const open of OPEN_STATES)
    if (!table.some(({ from, to }) => from === open && !isOpen(to))) faults.push(`${open} has no end`);
  return faults;
}

const faults = tableFaults(TRANSITIONS);
if (faults.length > 0) throw new Error(`the transitions of quota requests are not sound: ${faults.join('; ')}`);

export type Phase = 'scheduled' | 'applied' | 'ended';

/** Where what was granted stands at an instant; it follows from the interval alone, nobody has to do anything. Epoch ms. */
export function phaseAt(
  granted: { readonly fromMs: number; readonly untilMs: number | null; readonly revokedAtMs: number | null },
  nowMs: number,
): Phase {
  const { fromMs, untilMs, revokedAtMs } = granted;
  if ((revokedAtMs !== null && revokedAtMs <= nowMs) || (untilMs !== null && untilMs <= nowMs)) return 'ended';
  return nowMs < fromMs ? 'scheduled' : 'applied';
}
