import { Module, Type } from '@nestjs/common';
import {
  ConversionFeedbackModule,
  ConversionStorage,
  LmdbConversionStorage,
  MemoryConversionStorage,
} from 'nestjs-conversion-feedback';
import { BullMQConversionStorage } from 'nestjs-conversion-feedback/bullmq';
import { ConversionFeedbackDashboardModule } from 'nestjs-conversion-feedback/dashboard';
import { account } from '../account.js';
import { handlerOf } from './handlers.js';
import type { AppSettings, StorageSettings } from './settings.js';

/** The module of an app: the package with its defaults, where the handler uses it. */
export function moduleOf(settings: AppSettings): Type {
  const { provider: baseUrl, storage, delivery, seen } = settings;
  const options = storage && { ...account, baseUrl, storage: storageOf(storage), delivery };

  @Module({
    imports: [
      ...(options ? [ConversionFeedbackModule.forRoot(options)] : []),
      ...(seen ? [ConversionFeedbackDashboardModule.forRoot({ public: true })] : []),
    ],
    controllers: [handlerOf(settings)],
  })
  class AppModule {}
  return AppModule;
}

function storageOf(settings: StorageSettings): ConversionStorage {
  if (settings.kind === 'memory') return new MemoryConversionStorage();
  if (settings.kind === 'lmdb') return new LmdbConversionStorage({ path: settings.path });
  return new BullMQConversionStorage({ connection: { host: '127.0.0.1', port: settings.port } });
}
