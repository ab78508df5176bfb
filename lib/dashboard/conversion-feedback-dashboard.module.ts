import { DynamicModule, Inject, Module, NestModule, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { getConversionFeedbackToken } from '../conversion-feedback.account.js';
import { ConversionFeedbackService } from '../conversion-feedback.service.js';
import { dashboardController, routeFiles } from './dashboard.controller.js';
import { ConversionFeedbackDashboardOptions, readDashboardOptions } from './dashboard.options.js';
import { Dashboard } from './dashboard.js';
import { PageFiles } from './page-files.js';

/** Injection token of the controller's class. */
const CONTROLLER = Symbol('CONTROLLER');

/**
 * A page that shows how an account's messages convert, and what became of its reports. Nothing of it
 * is there unless this module is imported, beside `ConversionFeedbackModule`. Import it once for each
 * account that is to be shown.
 */
@Module({})
export class ConversionFeedbackDashboardModule implements NestModule {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(CONTROLLER) private readonly controller: Type,
  ) {}

  /**
   * Serves the dashboard of an account.
   * @throws InvalidOptionsError with all that is wrong with the options: where there is no guard, say
   */
  static forRoot(options: ConversionFeedbackDashboardOptions): DynamicModule {
    const { path, guard, name, imports } = readDashboardOptions(options);
    const controller = dashboardController(path, guard);
    return {
      module: ConversionFeedbackDashboardModule,
      imports,
      controllers: [controller],
      providers: [
        { provide: CONTROLLER, useValue: controller },
        { provide: PageFiles, useFactory: () => PageFiles.load() },
        {
          provide: Dashboard,
          useFactory: (feedback: ConversionFeedbackService) => new Dashboard(name, feedback),
          inject: [getConversionFeedbackToken(name)],
        },
      ],
    };
  }

  /** Nest calls it once it knows its platform, and before it reads the routes. */
  configure(): void {
    routeFiles(this.controller, this.host.httpAdapter.getType());
  }
}
