import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConversionFeedbackModule, ConversionFeedbackService } from 'nestjs-conversion-feedback';
import type { AppSettings } from '../harness/protocol.js';
import { ControlController } from './control.controller.js';
import { LoginController } from './login.controller.js';
import { tell } from './parent.js';
import { storageOf } from './storage.js';
import { VitalsController } from './vitals.controller.js';
import { stepClock } from './wall-clock.js';
import { tellOfTheWire } from './wire.js';
import { Witness } from './witness.js';

/** Boots an app as its users would; it says where it listens, and all that happens in it. */
export async function runApp(settings: AppSettings, port: number): Promise<void> {
  if (settings.clockShift) stepClock(settings.clockShift);
  if (settings.wire) tellOfTheWire();
  const { baseUrl, authId, authToken, module } = settings;
  const witness = new Witness();
  const storage = witness.watch(storageOf(settings));

  @Module({
    imports: [ConversionFeedbackModule.forRoot({ baseUrl, authId, authToken, storage, ...module })],
    controllers: [LoginController, ControlController, VitalsController],
    providers: [{ provide: Witness, useValue: witness }],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn', 'log'] });
  app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
  app.get(ConversionFeedbackService).events$.subscribe((event) => tell({ kind: 'event', event }));
  await app.listen(port, '127.0.0.1');
  tell({ kind: 'listening', url: await app.getUrl() });
}
