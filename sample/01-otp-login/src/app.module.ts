import { DynamicModule, Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { ConversionFeedbackModule, LmdbConversionStorage } from 'nestjs-conversion-feedback';
import { ConversionFeedbackDashboardModule } from 'nestjs-conversion-feedback/dashboard';
import { Environment } from './environment.js';
import { LoopbackGuard } from './loopback.guard.js';
import { OtpModule } from './otp/otp.module.js';
import { plivoAccount } from './plivo-account.js';
import { SettingsController } from './settings.controller.js';
import { throttling } from './throttling.js';

@Module({ controllers: [SettingsController] })
export class AppModule {
  static for(environment: Environment): DynamicModule {
    return {
      module: AppModule,
      global: true,
      imports: [
        ConversionFeedbackModule.forRoot({
          ...plivoAccount(environment),
          storage: new LmdbConversionStorage({ path: environment.CONVERSION_FEEDBACK_PATH }),
        }),
        ConversionFeedbackDashboardModule.forRoot({ guard: LoopbackGuard }),
        ThrottlerModule.forRoot(throttling),
        OtpModule,
      ],
      providers: [{ provide: Environment, useValue: environment }],
      exports: [Environment],
    };
  }
}
