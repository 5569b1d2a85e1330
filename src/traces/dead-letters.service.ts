/** What an operator may do with refused records: look at them, send them again, drop them. All but looking through the list is traced. */
import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/errors.js';
import type { JsonValue } from '../kernel/cursor.js';
import type { Principal } from '../kernel/principal.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { badCursor, cursorScope, CursorSigner } from '../platform/http/cursor-signer.js';
import type { RequestOrigin } from '../platform/http/request-origin.js';
import { type DeadLetterAction, transition } from './core/dead-letter-state.js';
import {
  type DeadLetterContent,
  type DeadLetter,
  type DeadLetterFilters,
  type DeadLetterPosition,
  DeadLettersStore,
} from './dead-letters.store.js';
import { type OwnOperation, TraceRecorder } from './trace-recorder.service.js';
import { InstallationOwner } from './traces.tokens.js';

/** Who does it, and in which request. */
export interface Operator {
  readonly principal: Principal;
  readonly origin: RequestOrigin;
}

export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[];
  readonly next: string | null;
}

type Operation = Pick<OwnOperation, 'traceName' | 'code'> & Partial<OwnOperation>;

@Injectable()
export class DeadLetters {
  constructor(
    private readonly database: Database,
    private readonly store: DeadLettersStore,
    private readonly recorder: TraceRecorder,
    private readonly owner: InstallationOwner,
    private readonly cursors: CursorSigner,
  ) {}

  /** Newest first. Throws `QST.BadCursor`. */
  async list(
    filters: DeadLetterFilters,
    page: { limit: number; cursor: string | undefined },
    principal: Principal,
  ): Promise<DeadLetterPage> {
    const scope = cursorScope('dead-letters/1', principal, { ...filters });
    const after = page.cursor === undefined ? null : toPosition(this.cursors.decode(page.cursor, scope));
    const { letters, hasMore } = await this.store.list(filters, after, page.limit);
    const last = letters.at(-1);
    return { letters, next: hasMore && last ? this.cursors.encode([last.receivedAtUs, last.id], scope) : null };
  }

  /** With what was kept of the record. Throws `QST.NotFound`. */
  show(id: string, operator: Operator): Promise<DeadLetter & DeadLetterContent> {
    return this.database.transaction(async (transaction) => {
      const letter = await this.store.find(id, transaction);
      if (letter === null) throw notFound();
      const { reason, state, size, sha256 } = letter;
      const response = { reason, state, size, sha256: sha256.toString('hex') };
      const operation = { traceName: 'showDeadLetter', code: '200', readOnly: true, response };
      await this.record(operation, letter, operator, transaction);
      return letter;
    });
  }

  /**
   * Sends the record again: the relay publishes it, ingest tells the row what became of it. Throws `QST.NotFound`, and
   * `QST.Conflict` for a dropped one or one of which only the beginning was kept.
   */
  replay(id: string, note: string | null, operator: Operator): Promise<DeadLetter> {
    return this.act(id, 'replay', note, operator);
  }

  /** Throws `QST.NotFound`, and `QST.Conflict` for one that is dropped already. */
  drop(id: string, note: string | null, operator: Operator): Promise<DeadLetter> {
    return this.act(id, 'drop', note, operator);
  }

  private act(id: string, action: DeadLetterAction, note: string | null, operator: Operator): Promise<DeadLetter> {
    return this.database.transaction(async (transaction) => {
      const letter = await this.store.lock(id, transaction);
      if (letter === null) throw notFound();
      const decision = transition(letter, action);
      if (!decision.ok)
        throw new AppError('QST.Conflict', `The dead letter cannot be ${DONE[action]}: ${decision.why}.`);
      const changed = await this.store[action](letter, operator.principal.userName, note, transaction);
      await this.record(
        {
          traceName: `${action}DeadLetter`,
          code: '202',
          request: { reason: note },
          response: { reason: letter.reason, from: letter.state, to: changed.state, replays: changed.replays },
        },
        letter,
        operator,
        transaction,
      );
      return changed;
    });
  }

  /** In the operator's own domain: the record's may be anybody's, or nobody's. */
  private record(
    operation: Operation,
    { id, topic, partition, offset }: DeadLetter,
    { principal, origin }: Operator,
    transaction: Transaction,
  ): Promise<void> {
    const { userId, userName, domainId, domainName, projectId, accessKeyId } = principal;
    return this.recorder.record(
      {
        serviceType: 'CTS',
        resourceType: 'deadLetter',
        rating: 'normal',
        domainId,
        projectId: projectId ?? this.owner.get()?.projectId ?? '',
        resourceId: id,
        resourceName: `${topic}/${String(partition)}/${offset}`,
        user: { id: userId, name: userName, domainId, domainName, ...(accessKeyId && { accessKeyId }) },
        ...origin,
        ...operation,
      },
      transaction,
    );
  }
}

const DONE: Readonly<Record<DeadLetterAction, string>> = { replay: 'replayed', drop: 'dropped' };

function notFound(): AppError {
  return new AppError('QST.NotFound', 'There is no such dead letter, or its day has left the window.');
}

function toPosition(payload: JsonValue): DeadLetterPosition {
  if (Array.isArray(payload)) {
    const [receivedAtUs, id] = payload as readonly JsonValue[];
    if (typeof receivedAtUs === 'string' && typeof id === 'string') return { receivedAtUs, id };
  }
  throw badCursor('is not a cursor of this list');
}
