/** What a wrong secret brings about, at the login and wherever a caller proves itself once more. */
import type { Database } from '../platform/database/database.js';
import type { FailedAttempt, LoginRecorder } from './login-recorder.service.js';
import type { LoginSubjects, LoginThrottleStore } from './login-throttle.store.js';

export interface FailureBook {
  readonly throttle: LoginThrottleStore;
  readonly recorder: LoginRecorder;
  readonly database: Database;
}

/** Counts and records it, with the locks that it brings about; `locked`, and nothing is done, where one was there already. */
export function noteFailure(
  attempt: FailedAttempt,
  subjects: LoginSubjects,
  { throttle, recorder, database }: FailureBook,
): Promise<'counted' | 'locked'> {
  return database.transaction(async (transaction) => {
    const counted = await throttle.failed(subjects, transaction);
    if (counted.outcome === 'locked') return 'locked';
    await recorder.failure(attempt, 'wrong credentials', transaction);
    await recorder.locked(attempt, counted.nowLocked, transaction);
    return 'counted';
  });
}
