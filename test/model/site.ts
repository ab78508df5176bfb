import { ConversionStorage } from '../../lib/index.js';

/** The time of a moment, in ms. */
export const MOMENT = 25;
/** Moments within which a delivery loop has looked at what is due: it does so every 250 ms. */
export const LOOK_OF_A_LOOP = 12;

/** What an app asks of a process. */
export type Bookkeeping = Pick<
  ConversionStorage,
  'track' | 'settle' | 'enqueue' | 'counts' | 'failed' | 'retryFailed'
>;

/**
 * Some processes over one store, under a time that the test moves. The oracle hears of the end of one
 * before another can take up what it had in hand.
 */
export interface Site {
  now(): number;
  /** Whether an end may only come while nothing is being written. */
  readonly diesCalmly: boolean;
  /** Numbers of the processes that run. */
  readonly alive: readonly number[];
  process(number: number): Bookkeeping;
  /** Starts a process; it delivers when it may. */
  start(number: number): Promise<void>;
  /** Ends it in order, without waiting for its requests in flight: they are cut. The oracle hears of it. */
  close(number: number): Promise<void>;
  /** Ends it at once: nothing that it had in hand goes on. The oracle hears of it. */
  crash(number: number): Promise<void>;
  jump(ms: number): Promise<void>;
  /** Moments after which all has begun that could: processes look at what is due now and then. */
  readonly looksWithin: number;
  /** Lets a moment pass, and happen what happens in it. */
  moment(): Promise<void>;
  /** Ends all processes, and throws the store away. */
  discard(): Promise<void>;
}
