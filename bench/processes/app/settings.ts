import type { ConversionFeedbackModuleOptions } from 'nestjs-conversion-feedback';

/** Where an app's conversions are kept. */
export type StorageSettings =
  | { readonly kind: 'memory' }
  | { readonly kind: 'lmdb'; readonly path: string }
  | { readonly kind: 'bullmq'; readonly port: number };

export interface AppSettings {
  readonly platform: 'express' | 'fastify';
  /**
   * What is around the verify handler.
   * - `plain`: nothing
   * - `empty`: an interceptor that does nothing
   * - `awaiting`: the handler posts the report by itself, with axios, and awaits that
   * - `tracked`: `@TrackConversion()`
   */
  readonly handler: 'plain' | 'empty' | 'awaiting' | 'tracked';
  /** Of `tracked`. */
  readonly storage?: StorageSettings;
  /** Address of the provider. */
  readonly provider: string;
  /** Options of the module, where they aren't the defaults. */
  readonly delivery?: ConversionFeedbackModuleOptions['delivery'];
  /** Whether metrics are collected, by OpenTelemetry's SDK, and the dashboard is there. */
  readonly seen?: boolean;
  /** Deliveries whose cost is to be taken, the first ones of the process. */
  readonly watch?: Watch;
}

/** Deliveries whose cost is taken. */
export interface Watch {
  /** So many that come before aren't counted. */
  readonly warmUp: number;
  readonly count: number;
  /** Whether another message is tracked and settled for each: as many stay pending. */
  readonly refill?: boolean;
}
