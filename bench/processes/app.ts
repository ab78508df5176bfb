import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import type { NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { ConversionFeedbackService, ConversionStorage } from 'nestjs-conversion-feedback';
import { moduleOf } from './app/module.js';
import type { AppSettings, Watch } from './app/settings.js';
import { watchDeliveries } from './app/watch.js';
import { byCallers } from './callers.js';
import { verificationOf } from './login.js';
import { begin, serve } from './serve.js';
import { anonymousMemory, between, usage } from './vitals.js';

/** Where the messages are sent to. */
const COUNTRIES = ['BR', 'DE', 'ES', 'GB', 'ID', 'IN', 'MX', 'US'];

const settings = begin<AppSettings>();
if (settings.seen) {
  const readers = [new PrometheusExporter({ preventServerStart: true })];
  metrics.setGlobalMeterProvider(new MeterProvider({ readers }));
}
const options: NestApplicationOptions = { logger: ['error', 'warn'] };
const app =
  settings.platform === 'fastify'
    ? await NestFactory.create(moduleOf(settings), new FastifyAdapter(), options)
    : await NestFactory.create(moduleOf(settings), options);
/** The service, for as long as nobody asks an app that has none. */
const feedback = settings.storage ? app.get(ConversionFeedbackService) : undefined!;
const watched = settings.watch && watchDeliveries(feedback, settings.watch);
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();

const commands = {
  url: () => url,
  usage,
  counts: () => feedback.counts(),
  anonymousMemory,
  /** What the deliveries cost that it was started to watch. */
  watched: () => watched,
  watch: (watch: Watch) => watchDeliveries(feedback, watch),
  /**
   * Tracks messages without the service, whose patience with a busy store has an end: for what isn't
   * measured.
   */
  async prepare(from: number, count: number, callers: number): Promise<void> {
    const storage = app.get<ConversionStorage>(ConversionStorage);
    await byCallers(callers, count, (index) => {
      const ids = { messageUuid: randomUUID(), verificationId: verificationOf(from + index) };
      const country = COUNTRIES[index % COUNTRIES.length];
      return storage.track({ ...ids, country, sentAt: new Date(), sentAtGiven: false });
    });
  },
  /** Tracks the messages of so many verifications; resolves with what it cost. */
  async track(from: number, count: number, callers: number) {
    const uuids = Array.from({ length: count }, () => randomUUID());
    const before = usage();
    await byCallers(callers, count, (index) =>
      feedback.track(verificationOf(from + index), uuids[index]),
    );
    return between(before, usage());
  },
  /** Settles them. */
  async settle(from: number, count: number, callers: number) {
    const before = usage();
    await byCallers(callers, count, (index) => feedback.report(verificationOf(from + index)));
    return between(before, usage());
  },
  /** How long each of so many calls of counts() takes, in ms. */
  async timeCounts(calls: number): Promise<number[]> {
    const took: number[] = [];
    for (let i = 0; i < calls; i += 1) {
      const begun = performance.now();
      await feedback.counts();
      took.push(performance.now() - begun);
    }
    return took;
  },
};

export type App = typeof commands;
serve(commands);
