import type {
  ConversionFeedbackEvent,
  ConversionFeedbackModuleOptions,
  ConversionStatus,
} from 'nestjs-conversion-feedback';
import type { SandboxFault, SandboxRateLimit } from 'nestjs-conversion-feedback/sandbox';

/** What an app process is told at its start, as JSON in CHAOS_APP. */
export interface AppSettings {
  /** Folder of the lmdb store. */
  readonly path: string;
  readonly durability?: 'committed' | 'flushed';
  /** Port of the Redis that all is kept in, instead of the lmdb store. */
  readonly redis?: number;
  /** The sandbox's. */
  readonly baseUrl: string;
  readonly authId: string;
  readonly authToken: string;
  /** More options of the module. */
  readonly module?: Omit<
    ConversionFeedbackModuleOptions,
    'storage' | 'http' | 'baseUrl' | 'authId' | 'authToken'
  >;
  /** Ms by which the process's wall clock is off. */
  readonly clockShift?: number;
  /** Whether each request to the provider is told as well. */
  readonly wire?: boolean;
  /** How many processes share the port and the store. Default 1. */
  readonly workers?: number;
}

/** What an app process tells; `at` is chaos time. */
export type AppNews =
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'event'; readonly event: ConversionFeedbackEvent }
  /** A request for a report left for the provider. */
  | { readonly kind: 'asked'; readonly messageUuid: string }
  /** The head of its answer came. */
  | {
      readonly kind: 'answered';
      readonly messageUuid: string;
      readonly status: number;
      readonly retryAfter?: string;
    };

/** What one of the app's processes told, and when. */
export type Told = AppNews & { readonly at: number; readonly pid: number };

/** What the sandbox process is told at its start, as JSON in CHAOS_SANDBOX. */
export interface SandboxSettings {
  readonly rateLimit?: SandboxRateLimit;
  /** Takes reports of messages that it didn't send. */
  readonly takesUnknown?: boolean;
}

/** What the sandbox process can be asked for. */
export type SandboxQuestion =
  | { readonly ask: 'fail'; readonly fault: SandboxFault }
  | { readonly ask: 'clear' }
  | { readonly ask: 'down'; readonly how: 'refuse' | 'cut' }
  | { readonly ask: 'up' }
  | { readonly ask: 'messages' }
  | { readonly ask: 'requests' };

export interface SandboxAddress {
  readonly url: string;
  readonly authId: string;
  readonly authToken: string;
}

/** A message that the sandbox sent, and what it was told of it. */
export interface SentOut {
  readonly messageUuid: string;
  readonly text: string;
  readonly reports: readonly ConversionStatus[];
}

/** A request that the sandbox got, and what became of it. Times are chaos time. */
export interface Received {
  /** Of a report; absent for a message or another path. */
  readonly messageUuid?: string;
  readonly reported?: ConversionStatus;
  readonly receivedAt: number;
  readonly answeredAt?: number;
  /** Absent where no answer went out. */
  readonly status?: number;
  /** Whether the report was taken, whether or not the client heard so. */
  readonly taken: boolean;
}
