import { ConversionFeedbackModuleOptions, TrackConversion } from '../../../lib/index.js';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { RunningApp, startApp } from '../app.js';
import { Client, Kind, Verify } from './kind.js';
import { Tap } from './tap.js';

const untracked = () => () => {};

interface SetUp {
  readonly sandbox: PlivoSandbox;
  /** Whether the decorator is there. Default true. */
  readonly isTracked?: boolean;
  readonly options?: Partial<ConversionFeedbackModuleOptions>;
}

/** An app with a handler of some kind, and a client of it. */
export class Handler {
  private constructor(
    readonly app: RunningApp,
    private readonly kind: Kind,
    private readonly tap: Tap,
    private readonly client: Client,
  ) {}

  static async start(kind: Kind, { sandbox, isTracked = true, options }: SetUp): Promise<Handler> {
    const { platform, configure } = kind;
    const module = kind.module(isTracked ? TrackConversion : untracked);
    const app = await startApp({ sandbox, platform, ...module, configure, options });
    const tap = await Tap.open((await kind.port?.(app.app)) ?? Number(new URL(app.url).port));
    return new Handler(app, kind, tap, await kind.connect(tap.port));
  }

  /** Sends a code, and resolves with its message's uuid. */
  async send(verificationId: string): Promise<string> {
    const text = 'Code 123456';
    const message = { verificationId, dst: '+14155550123', src: '14155550100', text };
    return (await this.app.feedback.send(message)).messageUuid;
  }

  /** Has a code verified, and resolves with all that the client received. */
  async verify(body: Verify): Promise<string> {
    this.tap.take();
    await this.client.verify(body);
    return this.tap.take().replaceAll(this.kind.volatile ?? /^$/g, '');
  }

  /** What the client has received so far of the answer to the code that is being verified. */
  get received(): string {
    return this.tap.received;
  }

  async stop(): Promise<void> {
    await this.client.close();
    await this.tap.close();
    await this.app.close();
    await this.kind.release?.(this.app.app);
  }
}
