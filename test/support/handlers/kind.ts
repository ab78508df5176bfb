import { INestApplication, ModuleMetadata } from '@nestjs/common';
import { Platform } from '../app.js';

/** `@TrackConversion()` with a handler's options, or a decorator that does nothing. */
export type Track = (
  options?: Parameters<typeof import('../../../lib/index.js').TrackConversion>[0],
) => MethodDecorator & ClassDecorator;

/** How a handler can tell that a code is wrong. */
export type Failure = 'throwing' | 'its status' | 'its value';

/** What a client sends: the code is right, or says how the handler shall fail. */
export interface Verify {
  readonly verificationId?: string;
  readonly code: string;
}

/** A client of a handler, as a user of its transport has one. */
export interface Client {
  /** Asks the handler, and resolves once all that it answers is there. */
  verify(body: Verify): Promise<unknown>;
  close(): Promise<void> | void;
}

/** A kind of handler, in an app of its own. */
export interface Kind {
  readonly name: string;
  readonly platform?: Platform;
  readonly failures: readonly Failure[];
  /** The app, with its handler decorated by what is given. */
  readonly module: (track: Track) => Pick<ModuleMetadata, 'imports' | 'controllers' | 'providers'>;
  readonly configure?: (app: INestApplication) => unknown;
  /** The port at which its transport listens; default the app's own. */
  readonly port?: (app: INestApplication) => Promise<number>;
  /** Connects a client, by way of a port at which its bytes are looked at. */
  readonly connect: (port: number) => Client | Promise<Client>;
  /** Ends what the app needed. */
  readonly release?: (app: INestApplication) => Promise<void>;
  /** What of the bytes that a client receives differs from one time to the next anyhow. */
  readonly volatile?: RegExp;
}

export const RIGHT = '123456';
/** The codes for which handlers fail. */
export const WRONG: Readonly<Record<Failure, string>> = {
  throwing: 'throw',
  'its status': 'status',
  'its value': 'value',
};
