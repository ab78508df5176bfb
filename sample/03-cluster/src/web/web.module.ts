import { DynamicModule, Module } from '@nestjs/common';
import { ConversionFeedbackModule } from 'nestjs-conversion-feedback';
import { plivoAccount } from '../plivo-account.js';
import { sharedStorage } from '../shared-storage.js';
import { CodeStore } from './otp/code.store.js';
import { OtpController } from './otp/otp.controller.js';
import { OtpService } from './otp/otp.service.js';
import { WebEnvironment } from './web.environment.js';

/** Sends and verifies codes, and records conversions. */
@Module({})
export class WebModule {
  static for(environment: WebEnvironment): DynamicModule {
    return {
      module: WebModule,
      imports: [
        ConversionFeedbackModule.forRoot({
          ...plivoAccount(environment),
          storage: sharedStorage(environment),
          // The worker delivers.
          delivery: false,
        }),
      ],
      controllers: [OtpController],
      providers: [{ provide: WebEnvironment, useValue: environment }, CodeStore, OtpService],
    };
  }
}
