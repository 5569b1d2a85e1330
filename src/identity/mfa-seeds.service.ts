/** The seeds of MFA devices, opened for as long as it takes to check a code. */
import { Injectable } from '@nestjs/common';
import type { Sql } from '../platform/database/database.js';
import type { UserRecord } from './directory.store.js';
import { type MfaDevice, MfaDevicesStore } from './mfa-devices.store.js';
import { SecretBox } from './secret-box.js';

export interface OpenedDevice {
  /** In Base32. */
  readonly seed: string;
  /** Codes of steps up to this one were used. */
  readonly lastStep: number;
}

@Injectable()
export class MfaSeeds {
  constructor(
    private readonly store: MfaDevicesStore,
    private readonly box: SecretBox,
  ) {}

  /** The device that the user must show; null where none is bound. */
  async of({ domainId, id }: Pick<UserRecord, 'domainId' | 'id'>): Promise<OpenedDevice | null> {
    const device = await this.store.find({ domainId, userId: id });
    return device?.enabled ? { seed: this.open(device), lastStep: device.lastStep } : null;
  }

  use({ domainId, id }: Pick<UserRecord, 'domainId' | 'id'>, step: number, sql: Sql): Promise<boolean> {
    return this.store.use({ domainId, userId: id }, step, sql);
  }

  seal(seed: string, domainId: string, userId: string): Buffer {
    return this.box.seal(seed, mfaSeedPurpose(domainId, userId));
  }

  open({ seedSealed, domainId, userId }: MfaDevice): string {
    return this.box.open(seedSealed, mfaSeedPurpose(domainId, userId));
  }
}

/** Binds a sealed seed to its row. */
export function mfaSeedPurpose(domainId: string, userId: string): string {
  return `mfa_devices:${domainId}:${userId}`;
}
