import { DynamicModule, Module } from '@nestjs/common';
import { ConversionFeedbackModule, LmdbConversionStorage } from 'nestjs-conversion-feedback';
import { Environment } from './environment.js';
import { OtpModule } from './otp/otp.module.js';
import { plivoAccount } from './plivo-account.js';

@Module({})
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
        OtpModule,
      ],
      providers: [{ provide: Environment, useValue: environment }],
      exports: [Environment],
    };
  }
}
