/** Rate quotas: those of our own API, and those that registry services take from. */
import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ApiRateGuard } from './api-rate.guard.js';
import { RateStatesStore } from './rate-states.store.js';

@Module({
  providers: [RateStatesStore, { provide: APP_GUARD, useClass: ApiRateGuard }],
  exports: [RateStatesStore],
})
export class RatesModule {}
