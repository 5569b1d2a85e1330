/** Virtual MFA devices, at most one of each user (table `mfa_devices`). Seeds are sealed before they come here. */
import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../platform/database/database.js';

export interface MfaDevice {
  readonly domainId: string;
  readonly userId: string;
  readonly userName: string;
  readonly name: string;
  readonly seedSealed: Buffer;
  /** Bound: asked for at each login. */
  readonly enabled: boolean;
  readonly lastStep: number;
}

interface DeviceRow {
  domain_id: string;
  user_id: string;
  user_name: string;
  name: string;
  seed_sealed: Buffer;
  enabled: boolean;
  last_step: string;
}

type Owner = Pick<MfaDevice, 'domainId' | 'userId'>;

const SELECT_DEVICES = `SELECT m.domain_id, m.user_id, u.name AS user_name, m.name, m.seed_sealed, m.enabled, m.last_step
  FROM mfa_devices m JOIN users u ON u.domain_id = m.domain_id AND u.id = m.user_id`;

@Injectable()
export class MfaDevicesStore {
  constructor(private readonly database: Database) {}

  async find({ domainId, userId }: Owner, sql: Sql = this.database): Promise<MfaDevice | null> {
    const [row] = await sql.query<DeviceRow>(`${SELECT_DEVICES} WHERE m.domain_id = $1 AND m.user_id = $2`, [
      domainId,
      userId,
    ]);
    return row ? toDevice(row) : null;
  }

  async ofDomain(domainId: string): Promise<MfaDevice[]> {
    const rows = await this.database.query<DeviceRow>(`${SELECT_DEVICES} WHERE m.domain_id = $1 ORDER BY m.user_id`, [
      domainId,
    ]);
    return rows.map(toDevice);
  }

  /** Its name; null where the domain has no such user. */
  async userName({ domainId, userId }: Owner, sql: Sql = this.database): Promise<string | null> {
    const [row] = await sql.query<{ name: string }>('SELECT name FROM users WHERE domain_id = $1 AND id = $2', [
      domainId,
      userId,
    ]);
    return row?.name ?? null;
  }

  /** Replaces a device that was never bound; false, and nothing is done, where one is bound. */
  async add(device: Pick<MfaDevice, 'domainId' | 'userId' | 'name' | 'seedSealed'>, sql: Sql): Promise<boolean> {
    const rows = await sql.query(
      `INSERT INTO mfa_devices AS m (domain_id, user_id, name, seed_sealed) VALUES ($1, $2, $3, $4)
       ON CONFLICT (domain_id, user_id) DO UPDATE
         SET name = excluded.name, seed_sealed = excluded.seed_sealed, last_step = -1, created_at = now()
         WHERE NOT m.enabled
       RETURNING 1`,
      [device.domainId, device.userId, device.name, device.seedSealed],
    );
    return rows.length > 0;
  }

  /** Binds the very device whose codes were checked; false where it is bound already, or another one by now. */
  async bind({ domainId, userId, seedSealed }: MfaDevice, step: number, sql: Sql): Promise<boolean> {
    const rows = await sql.query(
      `UPDATE mfa_devices SET enabled = true, last_step = $4
       WHERE domain_id = $1 AND user_id = $2 AND seed_sealed = $3 AND NOT enabled AND last_step < $4 RETURNING 1`,
      [domainId, userId, seedSealed, step],
    );
    return rows.length > 0;
  }

  /** @param step of the code that was shown; null: none was asked for. False where no device is bound, or the code was used. */
  async unbind({ domainId, userId }: Owner, step: number | null, sql: Sql): Promise<boolean> {
    const rows = await sql.query(
      `UPDATE mfa_devices SET enabled = false, last_step = coalesce($3, last_step)
       WHERE domain_id = $1 AND user_id = $2 AND enabled AND ($3::bigint IS NULL OR last_step < $3) RETURNING 1`,
      [domainId, userId, step],
    );
    return rows.length > 0;
  }

  /** Takes the step of a bound device as used; false where it was used, or a later one. */
  async use({ domainId, userId }: Owner, step: number, sql: Sql): Promise<boolean> {
    const rows = await sql.query(
      `UPDATE mfa_devices SET last_step = $3
       WHERE domain_id = $1 AND user_id = $2 AND enabled AND last_step < $3 RETURNING 1`,
      [domainId, userId, step],
    );
    return rows.length > 0;
  }

  /** @param boundToo whether a bound device may go, or only one that waits to be bound */
  async remove({ domainId, userId }: Owner, boundToo: boolean, sql: Sql): Promise<boolean> {
    const rows = await sql.query(
      'DELETE FROM mfa_devices WHERE domain_id = $1 AND user_id = $2 AND (NOT enabled OR $3) RETURNING 1',
      [domainId, userId, boundToo],
    );
    return rows.length > 0;
  }
}

function toDevice(row: DeviceRow): MfaDevice {
  return {
    domainId: row.domain_id,
    userId: row.user_id,
    userName: row.user_name,
    name: row.name,
    seedSealed: row.seed_sealed,
    enabled: row.enabled,
    lastStep: Number(row.last_step),
  };
}
