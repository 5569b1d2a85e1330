/** The wire shapes of `/v3.0/OS-MFA` (IAM API reference, Virtual MFA Device Management). */
import { z } from 'zod';
import type { MfaDevice } from './mfa-devices.store.js';

const id = () => z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"');
const serial = () =>
  z
    .string()
    .max(256)
    .refine((value) => !value.includes('\0'), 'must not hold a NUL');
const code = () => z.string().regex(/^\d{6}$/, 'must be 6 digits');

export const createDeviceSchema = z.object({
  virtual_mfa_device: z.object({
    name: z.string().regex(/^[\w+=,.@-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 _ + = , . @ -'),
    user_id: id(),
  }),
});
export type CreateDevice = z.infer<typeof createDeviceSchema>;

export const createdDeviceSchema = z.object({
  virtual_mfa_device: z.object({ serial_number: z.string(), base32_string_seed: z.string() }),
});
export type CreatedDevice = z.infer<typeof createdDeviceSchema>;

export const bindDeviceSchema = z.object({
  user_id: id(),
  serial_number: serial(),
  authentication_code_first: code(),
  authentication_code_second: code(),
});
export type BindDevice = z.infer<typeof bindDeviceSchema>;

export const unbindDeviceSchema = z.object({
  user_id: id(),
  serial_number: serial(),
  /** Administrators unbind the devices of others without one. */
  authentication_code: z.string().max(64).optional(),
});
export type UnbindDevice = z.infer<typeof unbindDeviceSchema>;

export const deleteDeviceSchema = z.object({ user_id: id(), serial_number: serial() });
export type DeleteDevice = z.infer<typeof deleteDeviceSchema>;

export const deviceOwnerSchema = z.object({ user_id: z.string().max(64) });
export type DeviceOwner = z.infer<typeof deviceOwnerSchema>;

const deviceSchema = z.object({ serial_number: z.string(), user_id: z.string() });
export const shownDeviceSchema = z.object({ virtual_mfa_device: deviceSchema });
export type ShownDevice = z.infer<typeof shownDeviceSchema>;
export const deviceListSchema = z.object({ virtual_mfa_devices: z.array(deviceSchema) });
export type DeviceList = z.infer<typeof deviceListSchema>;

export function serialNumber({ domainId, name }: Pick<MfaDevice, 'domainId' | 'name'>): string {
  return `iam:${domainId}:mfa:${name}`;
}

export function renderDevice(device: MfaDevice): z.infer<typeof deviceSchema> {
  return { serial_number: serialNumber(device), user_id: device.userId };
}
