/** `/v3.0/OS-MFA`: virtual MFA devices, by the paths of the IAM API. */
import { Controller, Delete, Get, HttpCode, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams, ApiZodQuery } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { CurrentActor } from './current-actor.js';
import type { Actor } from './directory-recorder.service.js';
import {
  type BindDevice,
  bindDeviceSchema,
  type CreateDevice,
  type CreatedDevice,
  createdDeviceSchema,
  createDeviceSchema,
  type DeleteDevice,
  deleteDeviceSchema,
  type DeviceList,
  deviceListSchema,
  type DeviceOwner,
  deviceOwnerSchema,
  renderDevice,
  type ShownDevice,
  shownDeviceSchema,
  type UnbindDevice,
  unbindDeviceSchema,
} from './mfa.dto.js';
import { MfaService } from './mfa.service.js';

@ApiTags('IAM MFA devices')
@Controller('v3.0/OS-MFA')
export class MfaController {
  constructor(private readonly devices: MfaService) {}

  @Requires('iam:mfa:listVirtualMFADevices', { plane: 'tenant' })
  @Get('virtual-mfa-devices')
  @ApiOperation({ summary: 'List the virtual MFA devices of the domain' })
  @ApiZodResponse(200, deviceListSchema)
  async list(@CurrentActor() actor: Actor): Promise<DeviceList> {
    return { virtual_mfa_devices: (await this.devices.list(actor)).map(renderDevice) };
  }

  @Requires('iam:mfa:getVirtualMFADevice', { plane: 'tenant', self: true })
  @Get('users/:user_id/virtual-mfa-device')
  @ApiOperation({ summary: 'Show the virtual MFA device of a user' })
  @ApiZodResponse(200, shownDeviceSchema)
  async show(
    @ApiZodParams(deviceOwnerSchema) { user_id: userId }: DeviceOwner,
    @CurrentActor() actor: Actor,
  ): Promise<ShownDevice> {
    return { virtual_mfa_device: renderDevice(await this.devices.show(userId, actor)) };
  }

  @Requires('iam:mfa:createVirtualMFADevice', { plane: 'tenant', self: true })
  @Post('virtual-mfa-devices')
  @HttpCode(201)
  @ApiOperation({ summary: 'Create a virtual MFA device; its seed is shown this once' })
  @ApiZodResponse(201, createdDeviceSchema)
  async create(
    @ApiZodBody(createDeviceSchema) { virtual_mfa_device: { name, user_id: userId } }: CreateDevice,
    @CurrentActor() actor: Actor,
  ): Promise<CreatedDevice> {
    const { serial, seed } = await this.devices.create(name, userId, actor);
    return { virtual_mfa_device: { serial_number: serial, base32_string_seed: seed } };
  }

  @Requires('iam:mfa:bindMFADevice', { plane: 'tenant', self: true })
  @Put('mfa-devices/bind')
  @HttpCode(204)
  @ApiOperation({ summary: 'Bind a virtual MFA device by two codes in a row; logins ask for it from then on' })
  bind(@ApiZodBody(bindDeviceSchema) body: BindDevice, @CurrentActor() actor: Actor): Promise<void> {
    const codes = [body.authentication_code_first, body.authentication_code_second] as const;
    return this.devices.bind(body.user_id, body.serial_number, codes, actor);
  }

  @Requires('iam:mfa:unbindMFADevice', { plane: 'tenant', self: true })
  @Put('mfa-devices/unbind')
  @HttpCode(204)
  @ApiOperation({ summary: 'Unbind a virtual MFA device; one’s own by a code' })
  unbind(@ApiZodBody(unbindDeviceSchema) body: UnbindDevice, @CurrentActor() actor: Actor): Promise<void> {
    const code = body.authentication_code ?? '';
    return this.devices.unbind(body.user_id, body.serial_number, code, actor);
  }

  @Requires('iam:mfa:deleteVirtualMFADevice', { plane: 'tenant', self: true })
  @Delete('virtual-mfa-devices')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a virtual MFA device' })
  remove(
    @ApiZodQuery(deleteDeviceSchema) { user_id: userId, serial_number: serial }: DeleteDevice,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.devices.remove(userId, serial, actor);
  }
}
