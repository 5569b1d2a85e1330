/** `/v1/quotas/reservations` and `/v1/quotas/check`: what registry services ask before they create (contracts.md, Quotas). */
import { Controller, Get, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AppError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { CurrentPrincipal, Requires } from '../platform/http/requires.js';
import { ApiZodBody, ApiZodParams } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { AskReader } from './ask-reader.service.js';
import { renderChecked } from './quota-usage.dto.js';
import { QuotaUsages } from './quota-usage.service.js';
import {
  type Check,
  type Checked,
  checkedSchema,
  checkSchema,
  type Extend,
  extendSchema,
  renderReservation,
  type ReservationView,
  reservationPathSchema,
  reservationSchema,
  type Reserve,
  type Reserved,
  reservedSchema,
  reserveSchema,
} from './reservations.dto.js';
import { domainOfReservation } from './reservation.js';
import { Reservations } from './reservations.service.js';

/** A reservation's id tells its domain. */
const BY_ID = { plane: 'tenant', domain: 'path.id', domainIn: domainOfReservation } as const;

@ApiTags('Quotas')
@Controller('v1/quotas')
export class ReservationsController {
  constructor(
    private readonly reservations: Reservations,
    private readonly usages: QuotaUsages,
    private readonly reader: AskReader,
  ) {}

  @Requires('quota:reservation:create', { plane: 'tenant', domain: 'body.domain_id' })
  @Post('reservations')
  @HttpCode(201)
  @ApiOperation({
    summary: 'Reserve quota, all items or none',
    description:
      'Repeated with the same Idempotency-Key it is answered as before. A refusal is 409 with all the facts.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: '1 to 255 printable characters.' })
  @ApiZodResponse(201, reservedSchema)
  async reserve(
    @ApiZodBody(reserveSchema) body: Reserve,
    @CurrentPrincipal() principal: Principal,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Reserved> {
    const reserved = await this.reservations.reserve(principal, body, idempotencyKey(key));
    if (body.dry_run) reply.code(200);
    return reserved;
  }

  @Requires('quota:reservation:get', BY_ID)
  @Get('reservations/:id')
  @ApiOperation({ summary: 'Show a reservation' })
  @ApiZodResponse(200, reservationSchema)
  async show(
    @ApiZodParams(reservationPathSchema) { id }: { id: string },
    @CurrentPrincipal() principal: Principal,
  ): Promise<ReservationView> {
    return renderReservation(await this.reservations.show(principal, id));
  }

  @Requires('quota:reservation:commit', BY_ID)
  @Post('reservations/:id/commit')
  @HttpCode(200)
  @ApiOperation({ summary: 'What was reserved was created' })
  @ApiZodResponse(200, reservationSchema)
  async commit(
    @ApiZodParams(reservationPathSchema) { id }: { id: string },
    @CurrentPrincipal() principal: Principal,
  ): Promise<ReservationView> {
    return renderReservation(await this.reservations.commit(principal, id));
  }

  @Requires('quota:reservation:release', BY_ID)
  @Post('reservations/:id/release')
  @HttpCode(200)
  @ApiOperation({ summary: 'What was reserved will not be created' })
  @ApiZodResponse(200, reservationSchema)
  async release(
    @ApiZodParams(reservationPathSchema) { id }: { id: string },
    @CurrentPrincipal() principal: Principal,
  ): Promise<ReservationView> {
    return renderReservation(await this.reservations.release(principal, id));
  }

  @Requires('quota:reservation:extend', BY_ID)
  @Post('reservations/:id/extend')
  @HttpCode(200)
  @ApiOperation({ summary: 'Hold a reservation for longer' })
  @ApiZodResponse(200, reservationSchema)
  async extend(
    @ApiZodParams(reservationPathSchema) { id }: { id: string },
    @ApiZodBody(extendSchema) body: Extend,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ReservationView> {
    return renderReservation(await this.reservations.extend(principal, id, body.ttl_seconds));
  }

  @Requires('quota:quota:check', { plane: 'tenant', domain: 'body.domain_id' })
  @Post('check')
  @HttpCode(200)
  @ApiOperation({ summary: 'Ask whether quota would be reserved, without reserving it' })
  @ApiZodResponse(200, checkedSchema)
  async check(@ApiZodBody(checkSchema) body: Check, @CurrentPrincipal() principal: Principal): Promise<Checked> {
    const domainId = await this.reader.domainFor(principal, body.domain_id);
    return renderChecked(await this.usages.check(domainId, await this.reader.items(domainId, body.items, 'optional')));
  }
}

function idempotencyKey(given: string | undefined): string | null {
  if (given === undefined) return null;
  if (/^[\x20-\x7e]{1,255}$/.test(given)) return given;
  const problems = [{ path: 'header.Idempotency-Key', message: 'must be 1 to 255 printable characters' }];
  throw new AppError('QST.BadRequest', 'The request is not valid', { problems });
}
