/** Enrols, binds and removes virtual MFA devices: one's own, or as an administrator those of the domain's users. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../kernel/clock.js';
import { AppError } from '../kernel/errors.js';
import { Database, type Transaction } from '../platform/database/database.js';
import { CLOCK } from '../platform/tokens.js';
import { type Actor, DirectoryRecorder } from './directory-recorder.service.js';
import { type MfaDevice, MfaDevicesStore } from './mfa-devices.store.js';
import { MfaSeeds } from './mfa-seeds.service.js';
import { serialNumber } from './mfa.dto.js';
import { Reauthentication } from './reauthentication.service.js';
import { codeAt, matchingStep, newSeed } from './totp.js';

interface Target {
  readonly domainId: string;
  readonly userId: string;
  readonly own: boolean;
}

@Injectable()
export class MfaService {
  constructor(
    private readonly store: MfaDevicesStore,
    private readonly seeds: MfaSeeds,
    private readonly reauthentication: Reauthentication,
    private readonly recorder: DirectoryRecorder,
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list({ principal }: Actor): Promise<MfaDevice[]> {
    return this.store.ofDomain(principal.domainId);
  }

  /** Throws `IAM.0003`, and `IAM.0004` where there is no such user or no device. */
  async show(userId: string, actor: Actor): Promise<MfaDevice> {
    const device = await this.store.find(targetOf(userId, actor));
    if (!device) throw noDevice();
    return device;
  }

  /** The serial number and the seed, which is shown this once. Throws `IAM.0005` where a device is bound. */
  async create(name: string, userId: string, actor: Actor): Promise<{ serial: string; seed: string }> {
    const { domainId } = targetOf(userId, actor);
    const seed = newSeed();
    const device = { domainId, userId, name, seedSealed: this.seeds.seal(seed, domainId, userId) };
    await this.database.transaction(async (transaction) => {
      const userName = await this.store.userName(device, transaction);
      if (userName === null) throw new AppError('IAM.0004', 'Could not find user.');
      if (!(await this.store.add(device, transaction)))
        throw new AppError('IAM.0005', 'An MFA device is bound to the user; unbind it first.');
      await this.record('createVirtualMFADevice', { ...device, userName }, actor, transaction);
    });
    return { serial: serialNumber(device), seed };
  }

  /** Throws `IAM.0011` unless the codes are those of two steps in a row, the later one of about now. */
  async bind(userId: string, serial: string, [first, second]: readonly [string, string], actor: Actor): Promise<void> {
    const device = await this.named(targetOf(userId, actor), serial);
    const seed = this.seeds.open(device);
    const step = matchingStep(seed, second, this.clock.now(), device.lastStep);
    if (step === null || codeAt(seed, step - 1) !== first) throw wrongCode();
    await this.database.transaction(async (transaction) => {
      if (!(await this.store.bind(device, step, transaction)))
        throw new AppError('IAM.0005', 'The MFA device is bound already.');
      await this.record('bindMFADevice', device, actor, transaction);
    });
  }

  /** One's own device takes a code, which counts as a failed login where it is wrong. Throws `IAM.0011`, `IAM.0061`. */
  async unbind(userId: string, serial: string, code: string, actor: Actor): Promise<void> {
    const target = targetOf(userId, actor);
    const device = await this.named(target, serial);
    if (!device.enabled) throw noDevice();
    const check = () => matchingStep(this.seeds.open(device), code, this.clock.now(), device.lastStep);
    const step = target.own ? await this.reauthentication.prove(actor, check, wrongCode()) : null;
    await this.database.transaction(async (transaction) => {
      if (!(await this.store.unbind(device, step, transaction))) throw wrongCode();
      await this.record('unbindMFADevice', device, actor, transaction);
    });
  }

  /** A bound one's owner unbinds it first, by a code; `IAM.0005` else. */
  async remove(userId: string, serial: string, actor: Actor): Promise<void> {
    const target = targetOf(userId, actor);
    const device = await this.named(target, serial);
    await this.database.transaction(async (transaction) => {
      if (!(await this.store.remove(device, !target.own, transaction)))
        throw new AppError('IAM.0005', 'The MFA device is bound to the user; unbind it first.');
      await this.record('deleteVirtualMFADevice', device, actor, transaction);
    });
  }

  private async named(target: Target, serial: string): Promise<MfaDevice> {
    const device = await this.store.find(target);
    if (!device || serialNumber(device) !== serial) throw noDevice();
    return device;
  }

  private record(
    traceName: string,
    device: Pick<MfaDevice, 'domainId' | 'userId' | 'userName' | 'name'>,
    actor: Actor,
    transaction: Transaction,
  ): Promise<void> {
    const resource = { type: 'mfa', id: serialNumber(device), name: device.name };
    const request = { user: { id: device.userId, name: device.userName } };
    return this.recorder.record(traceName, resource, actor, transaction, request);
  }
}

/** Who may not act beyond itself learns nothing of others, not even who exists. A federated caller has no device here. */
function targetOf(userId: string, { principal, beyondSelf }: Omit<Actor, 'origin'>): Target {
  const own = !principal.isFederated && principal.userId === userId;
  if (!own && !beyondSelf())
    throw new AppError('IAM.0003', 'You are not authorized to perform this operation: the device is not your own.');
  return { domainId: principal.domainId, userId, own };
}

function noDevice(): AppError {
  return new AppError('IAM.0004', 'Could not find virtual MFA device.');
}

function wrongCode(): AppError {
  return new AppError('IAM.0011', 'The verification code is wrong, or was used before.');
}
