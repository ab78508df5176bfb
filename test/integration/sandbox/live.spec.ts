import { get, type ClientRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { report, send, sent } from './client.js';

type Event = { event: string; data: any }; // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read what they expect

/** An open stream of server-sent events; `next` waits for the next of a kind. */
class EventStream {
  readonly #events: Event[] = [];
  #wake = (): void => undefined;
  #rest = '';

  private constructor(
    private readonly request: ClientRequest,
    readonly response: IncomingMessage,
  ) {
    response.setEncoding('utf8').on('data', (text: string) => {
      const blocks = (this.#rest + text).split('\n\n');
      this.#rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
        if (event !== undefined) this.#events.push({ event, data: JSON.parse(data) });
      }
      this.#wake();
    });
    response.on('error', () => undefined); // the sandbox cuts it when it stops
  }

  static async open(sandbox: PlivoSandbox): Promise<EventStream> {
    const request = get(`${sandbox.url}/sandbox/events`, { agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return new EventStream(request, response);
  }

  async next(kind: string): Promise<Event['data']> {
    for (;;) {
      const event = this.#events.shift();
      if (event?.event === kind) return event.data;
      if (event === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  close(): void {
    this.request.destroy();
  }
}

describe("the sandbox's live events", () => {
  let sandbox: PlivoSandbox;
  let stream: EventStream;
  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
  });
  afterEach(async () => {
    stream.close();
    await sandbox.stop();
  });

  it('start with what is there already', async () => {
    const uuid = await sent(sandbox);
    sandbox.fail({ status: 500 });
    stream = await EventStream.open(sandbox);

    expect(stream.response.headers['content-type']).toBe('text/event-stream');
    expect(await stream.next('snapshot')).toMatchObject({
      state: { availability: 'up', messages: 1 },
      messages: [{ messageUuid: uuid }],
      requests: [{ status: 202, headers: { authorization: '[left out]' } }],
      faults: [{ status: 500, remaining: 1 }],
    });
  });

  it('tell of messages, conversions, requests, faults, outages and resets', async () => {
    stream = await EventStream.open(sandbox);
    const uuid = await sent(sandbox);
    expect(await stream.next('message')).toMatchObject({ messageUuid: uuid, conversions: [] });
    expect(await stream.next('request')).toMatchObject({ number: 1, status: 202 });

    await report(sandbox, uuid);
    expect(await stream.next('message')).toMatchObject({
      messageUuid: uuid,
      conversion: { status: 'CONVERTED', timestamp: '2020-08-01T11:32:26Z' },
    });

    sandbox.fail({ status: 503 });
    expect(await stream.next('faults')).toEqual([{ status: 503, remaining: 1 }]);
    await send(sandbox);
    expect(await stream.next('faults')).toEqual([]);
    expect(await stream.next('request')).toMatchObject({ number: 3, status: 503 });

    await sandbox.down('cut');
    expect(await stream.next('state')).toMatchObject({ availability: 'cut' });
    await sandbox.up();
    expect(await stream.next('state')).toMatchObject({ availability: 'up' });

    sandbox.reset();
    expect(await stream.next('snapshot')).toMatchObject({ messages: [], requests: [] });
  });

  it('end when the sandbox stops', async () => {
    stream = await EventStream.open(sandbox);
    const closed = new Promise((resolve) => stream.response.once('close', resolve));

    await sandbox.stop();

    await closed;
  });
});
