/** Exchanges `ENCRYPTION_KEY`: seals everything anew, in one transaction, while no process works under the former key. */
import type { Database, Transaction } from '../platform/database/database.js';
import type { TraceRecorder } from '../traces/index.js';
import { lockKeyAlone, noteRotation, readCheck } from './encryption-check.store.js';
import { CHECK_TEXT } from './encryption-key.service.js';
import { DirectoryStore } from './directory.store.js';
import { takeIdentityLock } from './identity-lock.store.js';
import { ENCRYPTION_CHECK_PURPOSE, readSealed, SEALED_COLUMNS, writeSealed } from './sealed-columns.store.js';
import { SecretBox } from './secret-box.js';

export type KeyRotationResult =
  | { readonly outcome: 'rotated'; readonly resealed: Readonly<Record<string, number>> }
  /** An earlier exchange to the same key came as far as its commit. */
  | { readonly outcome: 'already'; readonly resealed: Readonly<Record<string, never>> };

/** A reason not to exchange the key, in words for the operator; nothing was changed. */
export class RotationRefused extends Error {
  override readonly name = 'RotationRefused';
}

const TIMEOUT_MS = 600_000;

/** Throws {@link RotationRefused}. */
export function rotateEncryptionKey(
  database: Database,
  recorder: TraceRecorder,
  { from, to }: { readonly from: Buffer; readonly to: Buffer },
): Promise<KeyRotationResult> {
  const [old, next] = [new SecretBox(from), new SecretBox(to)];
  return database.transaction(
    async (transaction): Promise<KeyRotationResult> => {
      if (!(await lockKeyAlone(transaction)))
        throw new RotationRefused('processes of the service are running on this database; stop all of them first');
      for (const lock of ['encryptionKey', 'bootstrap', 'signingKey'] as const)
        await takeIdentityLock(lock, transaction);
      const known = await readCheck(transaction);
      if (known !== null && opens(next, known)) {
        if (from.equals(to)) throw new RotationRefused('the new key is the one in use');
        return { outcome: 'already', resealed: {} };
      }
      if (known !== null && !opens(old, known))
        throw new RotationRefused('the former key (ENCRYPTION_KEY) is not the one that this database was sealed with');
      if (from.equals(to)) throw new RotationRefused('the new key is the one in use');
      const resealed: Record<string, number> = {};
      for (const column of SEALED_COLUMNS) {
        const values = await readSealed(column, transaction);
        const anew = values.map(({ key, sealed }) => {
          const purpose = column.purpose(key);
          return { key, sealed: next.seal(openOrRefuse(old, sealed, purpose), purpose) };
        });
        await writeSealed(column, anew, transaction);
        resealed[column.table] = (resealed[column.table] ?? 0) + anew.length;
      }
      await noteRotation(transaction);
      await record(database, recorder, resealed, transaction);
      return { outcome: 'rotated', resealed };
    },
    { timeoutMs: TIMEOUT_MS },
  );
}

function opens(box: SecretBox, sealed: Buffer): boolean {
  try {
    return box.open(sealed, ENCRYPTION_CHECK_PURPOSE) === CHECK_TEXT;
  } catch {
    return false;
  }
}

function openOrRefuse(box: SecretBox, sealed: Buffer, purpose: string): string {
  try {
    return box.open(sealed, purpose);
  } catch {
    throw new RotationRefused(`${purpose} cannot be opened with the former key`);
  }
}

async function record(
  database: Database,
  recorder: TraceRecorder,
  resealed: Readonly<Record<string, number>>,
  transaction: Transaction,
): Promise<void> {
  const operator = await new DirectoryStore(database).operator();
  if (operator === null) return;
  await recorder.record(
    {
      ...operator,
      serviceType: 'IAM',
      resourceType: 'encryptionKey',
      resourceName: 'ENCRYPTION_KEY',
      traceName: 'rotateEncryptionKey',
      rating: 'normal',
      user: null,
      response: resealed,
    },
    transaction,
  );
}
