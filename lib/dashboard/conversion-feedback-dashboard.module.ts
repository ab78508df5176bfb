import { DynamicModule, Module } from '@nestjs/common';
import { getConversionFeedbackToken } from '../conversion-feedback.account.js';
import { ConversionFeedbackService } from '../conversion-feedback.service.js';
import { dashboardController } from './dashboard.controller.js';
import { ConversionFeedbackDashboardOptions, readDashboardOptions } from './dashboard.options.js';
import { Dashboard } from './dashboard.js';
import { PageFiles } from './page-files.js';

/**
 * A page that shows how an account's messages convert, and what became of its reports. Nothing of it
 * is there unless this module is imported, beside `ConversionFeedbackModule`. Import it once for each
 * account that is to be shown.
 */
@Module({})
export class ConversionFeedbackDashboardModule {
  /**
   * Serves the dashboard of an account.
   * @throws InvalidOptionsError with all that is wrong with the options: where there is no guard, say
   */
  static forRoot(options: ConversionFeedbackDashboardOptions): DynamicModule {
    const { path, guard, name, imports } = readDashboardOptions(options);
    return {
      module: ConversionFeedbackDashboardModule,
      imports,
      controllers: [dashboardController(path, guard)],
      providers: [
        { provide: PageFiles, useFactory: () => PageFiles.load() },
        {
          provide: Dashboard,
          useFactory: (feedback: ConversionFeedbackService) => new Dashboard(name, feedback),
          inject: [getConversionFeedbackToken(name)],
        },
      ],
    };
  }
}
