import {
  BeforeApplicationShutdown,
  Inject,
  Injectable,
  type LoggerService,
  OnApplicationBootstrap,
  OnApplicationShutdown,
  OnModuleInit,
  Optional,
} from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { accountIdOf } from './conversion-feedback.account.js';
import { EventBus } from './conversion-feedback.event-bus.js';
import { LOGGER, RESOLVED_OPTIONS } from './conversion-feedback.module-definition.js';
import type { ResolvedOptions } from './conversion-feedback.options.js';
import { CLOCK, type Clock, RANDOM, type Random } from './delivery/clock.js';
import { DeliveryLog } from './delivery/delivery-log.js';
import { AccountMetrics } from './observability/account-metrics.js';
import { DeliverySpans } from './observability/delivery-spans.js';
import { assertOnlyModule } from './one-module-an-account.js';
import { ConversionWatch } from './insights/conversion-watch.js';
import { PlivoClient } from './plivo/plivo-client.js';
import { Recorder } from './recording/recorder.js';
import { secondCopyOfNest } from './second-copies.js';
import { ConversionStorage } from './storage/conversion-storage.js';
import { StorageKeeper } from './storage/storage-keeper.js';

/**
 * Opens and closes what the module holds, along Nest's hooks:
 *
 * - the storage opens before any handler runs, and delivery starts once the app is up; where it can't
 *   be opened now the app starts all the same;
 * - what the app's OpenTelemetry SDK wants to know is measured from then on;
 * - at shutdown, while the last responses still leave, no further report is sent; those in flight
 *   have `shutdownTimeout` to be answered. What is left stays recorded.
 * - where reports are delivered, conversion rates are watched, for as long.
 * - the storage closes last: a response that leaves now can still record its conversion.
 */
@Injectable()
export class ConversionFeedbackLifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  readonly #log: DeliveryLog;
  readonly #keeper: StorageKeeper;
  readonly #watch: ConversionWatch;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(ConversionStorage) storage: ConversionStorage,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RANDOM) private readonly random: Random,
    @Inject(LOGGER) private readonly logger: LoggerService,
    private readonly plivo: PlivoClient,
    private readonly events: EventBus,
    private readonly recorder: Recorder,
    private readonly metrics: AccountMetrics,
    private readonly spans: DeliverySpans,
    @Optional() @Inject(ModuleRef) private readonly moduleRef?: ModuleRef,
    @Optional() @Inject(ModulesContainer) private readonly modules?: ModulesContainer,
  ) {
    this.#log = new DeliveryLog(events.events$, clock, logger);
    this.#keeper = new StorageKeeper(storage, clock, logger);
    this.#watch = new ConversionWatch(storage, { clock, logger, emit: events.emit });
  }

  async onModuleInit(): Promise<void> {
    // Every module of an app that runs on our copy of Nest has one.
    if (!this.moduleRef) this.logger.warn(secondCopyOfNest());
    if (this.modules) assertOnlyModule(this.options.name, this.modules);
    const { name, authId, superseded, expireAfter, retention, delivery } = this.options;
    const deliver = this.metrics.timed((report) => this.plivo.report(report));
    await this.#keeper.open({
      clock: this.clock,
      random: this.random,
      logger: this.logger,
      account: name,
      accountId: accountIdOf(authId),
      superseded,
      expireAfter,
      retention,
      delivery,
      deliver: this.spans.traced(deliver),
      abandon: () => this.plivo.abandonReports(),
      emit: this.events.emit,
    });
    // Nothing is to be stopped where a wrong option stops the boot.
    this.metrics.start();
  }

  onApplicationBootstrap(): void {
    this.#keeper.deliver();
    if (this.options.delivery) this.#watch.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#watch.stop();
    await this.#keeper.stopDelivering(this.options.shutdownTimeout);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.recorder.finish();
    await this.#keeper.close();
    this.metrics.stop();
    this.plivo.close();
    this.#log.close();
    this.events.complete();
  }
}
