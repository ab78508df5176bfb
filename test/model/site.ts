import { ConversionStorage } from '../../lib/index.js';

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
  /** Lets a moment pass, and happen what happens in it. */
  moment(): Promise<void>;
  /** Ends all processes, and throws the store away. */
  discard(): Promise<void>;
}
