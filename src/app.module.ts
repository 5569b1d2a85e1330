/** Puts the capabilities together. */
import { type DynamicModule, Module } from '@nestjs/common';
import { IdentityModule } from './identity/index.js';
import { PlatformModule, type PlatformSettings } from './platform/platform.module.js';
import { SchedulingModule } from './platform/scheduling/scheduling.module.js';
import { PoliciesModule } from './policies/index.js';
import { QuotaRequestsModule } from './quota-requests/index.js';
import { QuotasModule } from './quotas/index.js';
import { TracesModule } from './traces/index.js';

@Module({})
export class AppModule {
  static forRoot(settings: PlatformSettings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.forRoot(settings),
        SchedulingModule,
        TracesModule,
        IdentityModule,
        PoliciesModule,
        QuotasModule,
        QuotaRequestsModule,
      ],
    };
  }
}
