import { DynamicModule, Module } from '@nestjs/common';
import { ConversionFeedbackModule } from 'nestjs-conversion-feedback';
import { Environment } from '../environment.js';
import { plivoAccount } from '../plivo-account.js';
import { sharedStorage } from '../shared-storage.js';
import { ReportLog } from './report-log.js';

/** Takes what the web instances recorded to Plivo. No controllers, no HTTP. */
@Module({})
export class WorkerModule {
  static for(environment: Environment): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        ConversionFeedbackModule.forRoot({
          ...plivoAccount(environment),
          storage: sharedStorage(environment),
          // The sooner a report that hangs is given up, the sooner those of a worker that died are
          // another's: nobody knows before that they don't hang.
          delivery: { timeout: 3_000 },
        }),
      ],
      providers: [ReportLog],
    };
  }
}
