import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { IdentityModule } from '../identity/index.js';
import { ACCESS_DECIDER } from './access-decider.js';
import { AccessGuard } from './access.guard.js';
import { AdministratorRule } from './administrator-rule.js';

/** What callers may do. */
@Module({
  imports: [IdentityModule],
  providers: [
    { provide: ACCESS_DECIDER, useClass: AdministratorRule },
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
})
export class PoliciesModule {}
