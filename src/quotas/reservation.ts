/** What is asked of reservations and what they answer, between the API, the queue and the store. */
import { randomUUID } from 'node:crypto';
import type { LimitOrigin } from './core/limits.js';
import type { Mode } from './core/definition.js';
import type { Scope } from './core/scope.js';

/** Who asks; kept with what they made. */
export interface Caller {
  readonly domainId: string;
  readonly userId: string;
  readonly userName: string;
}

export interface ItemAsk {
  readonly quotaKey: string;
  readonly scope: Scope;
  readonly amount: number;
  readonly resourceName: string | null;
  /** Where the name is unique. */
  readonly space: string;
  /** Where it is unique besides, among all domains; '' where it is not. */
  readonly region: string;
}

export interface ReservationAsk {
  readonly domainId: string;
  readonly caller: Caller;
  readonly items: readonly ItemAsk[];
  readonly ttlMs: number;
  /** The key is the caller's own; the hash tells the same request from another. */
  readonly idempotency: { readonly key: string; readonly sha256: Buffer } | null;
}

/** A counter as it is told: limits and amounts in the definition's unit, -1 unlimited, `remaining` null then. */
export interface ItemState {
  readonly quotaKey: string;
  readonly scope: Scope;
  readonly limit: number;
  readonly origin: LimitOrigin;
  readonly mode: Mode;
  readonly used: number;
  readonly reserved: number;
  readonly remaining: number | null;
}

export interface ExceededItem extends Omit<ItemState, 'remaining'> {
  readonly needed: number;
}

export type Refusal =
  | { readonly outcome: 'exceeded'; readonly exceeded: readonly ExceededItem[] }
  | { readonly outcome: 'closed'; readonly exceeded: readonly ExceededItem[] }
  | { readonly outcome: 'name_taken'; readonly quotaKey: string; readonly resourceName: string };

/** JSON through and through: this is what an idempotency key remembers. */
export type ReservationAnswer =
  | {
      readonly outcome: 'granted';
      readonly id: string;
      readonly expiresAt: number;
      readonly items: readonly ItemState[];
      /** Granted though beyond the limit, since the definition only warns. */
      readonly warnings: readonly ExceededItem[];
    }
  | Refusal;

export type ReserveOutcome = ReservationAnswer | { readonly outcome: 'other_request' };

export type ReservationState = 'held' | 'committed' | 'released' | 'expired';
export type StoredItemState = 'held' | 'settled' | 'committed' | 'released' | 'expired';

export interface StoredItem {
  readonly item: number;
  readonly quotaKey: string;
  readonly scope: string;
  readonly levels: readonly string[];
  readonly amount: number;
  readonly space: string;
  readonly region: string;
  readonly resourceName: string | null;
  readonly state: StoredItemState;
}

export interface StoredReservation {
  readonly domainId: string;
  readonly id: string;
  readonly state: ReservationState;
  /** Epoch ms. */
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly items: readonly StoredItem[];
}

const RANDOM_LENGTH = 32;

/** 32 hex digits (a random UUID: Node draws those in advance) and the domain, so that a reservation is found by its domain's key from its id alone. */
export function newReservationId(domainId: string): string {
  return `${randomUUID().replaceAll('-', '')}.${domainId}`;
}

/** Null for what cannot be an id of ours. */
export function domainOfReservation(id: string): string | null {
  return id.charAt(RANDOM_LENGTH) === '.' && id.length > RANDOM_LENGTH + 1 && !id.includes('\0')
    ? id.slice(RANDOM_LENGTH + 1)
    : null;
}
