/** Knows whether this process can serve: asks every check that modules contributed, each within its time. */
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';

export interface ReadinessCheck {
  /** Stands in the answer of `/readyz`, e.g. `database`. */
  readonly name: string;
  /** Resolves when ready; what it rejects with is logged, never answered. */
  check(): Promise<void>;
}

export type CheckState = 'ok' | 'failed' | 'timeout';

export interface ReadinessReport {
  readonly ready: boolean;
  readonly draining: boolean;
  readonly checks: Readonly<Record<string, CheckState>>;
  /** Why checks failed, for the log. */
  readonly failures: Readonly<Record<string, unknown>>;
}

const CHECK_TIMEOUT_MS = 2_000;

@Injectable()
export class Readiness implements BeforeApplicationShutdown {
  private readonly checks = new Map<string, ReadinessCheck>();
  private draining = false;

  /** For `onModuleInit` of whoever knows something that must work. A later check of the same name replaces the former. */
  add(check: ReadinessCheck): void {
    this.checks.set(check.name, check);
  }

  /** From now on not ready, so that load balancers look elsewhere; work in hand goes on. */
  drain(): void {
    this.draining = true;
  }

  beforeApplicationShutdown(): void {
    this.drain();
  }

  async report(): Promise<ReadinessReport> {
    const results = await Promise.all([...this.checks.values()].map(runCheck));
    return {
      ready: !this.draining && results.every(({ state }) => state === 'ok'),
      draining: this.draining,
      checks: Object.fromEntries(results.map(({ name, state }) => [name, state])),
      failures: Object.fromEntries(
        results.filter(({ state }) => state !== 'ok').map(({ name, cause }) => [name, cause]),
      ),
    };
  }
}

interface CheckResult {
  readonly name: string;
  readonly state: CheckState;
  readonly cause?: unknown;
}

async function runCheck(check: ReadinessCheck): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<CheckResult>((resolve) => {
    timer = setTimeout(() => {
      resolve({ name: check.name, state: 'timeout', cause: `no answer within ${String(CHECK_TIMEOUT_MS)} ms` });
    }, CHECK_TIMEOUT_MS);
  });
  const done = (async (): Promise<CheckResult> => {
    try {
      await check.check();
      return { name: check.name, state: 'ok' };
    } catch (cause) {
      return { name: check.name, state: 'failed', cause };
    }
  })();
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
