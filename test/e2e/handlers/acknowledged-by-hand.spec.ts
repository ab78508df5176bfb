import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Type } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { Ack, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { io, type Socket } from 'socket.io-client';
import { TrackConversion } from '../../../lib/index.js';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { RunningApp, startApp } from '../../support/app.js';
import { RIGHT, type Verify } from '../../support/handlers/kind.js';

type Acknowledge = (answer: object) => void;

@WebSocketGateway()
class SilentGateway {
  @SubscribeMessage('verify')
  @TrackConversion()
  verify(@MessageBody() { code }: Verify, @Ack() acknowledge: Acknowledge) {
    acknowledge({ verified: code === RIGHT });
  }
}

@WebSocketGateway()
class ReturningGateway {
  @SubscribeMessage('verify')
  @TrackConversion()
  verify(@MessageBody() { code }: Verify, @Ack() acknowledge: Acknowledge) {
    const answer = { verified: code === RIGHT };
    acknowledge(answer);
    return answer;
  }
}

const right = new WeakSet<object>();

@WebSocketGateway()
class AskedGateway {
  @SubscribeMessage('verify')
  @TrackConversion({ when: (_, context) => right.has(context.switchToWs().getData<object>()) })
  verify(@MessageBody() body: Verify, @Ack() acknowledge: Acknowledge) {
    if (body.code === RIGHT) right.add(body);
    acknowledge({ verified: right.has(body) });
  }
}

describe('A gateway’s handler that answers by @Ack()', () => {
  let sandbox: PlivoSandbox;
  let app: RunningApp;
  let socket: Socket;

  const start = async (gateway: Type): Promise<void> => {
    app = await startApp({
      sandbox,
      providers: [gateway],
      configure: (nest) => nest.useWebSocketAdapter(new IoAdapter(nest)),
    });
    socket = io(app.url, { transports: ['websocket'], reconnection: false });
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    for (const verificationId of ['wrong', 'right']) {
      const message = { verificationId, dst: '+14155550123', src: '14155550100', text: 'x' };
      await app.feedback.send(message);
    }
  };

  const verify = (body: Verify) => socket.emitWithAck('verify', body) as Promise<unknown>;

  const verifyBoth = async () => [
    await verify({ verificationId: 'wrong', code: '000000' }),
    await verify({ verificationId: 'right', code: RIGHT }),
  ];

  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
  });

  afterEach(async () => {
    socket.disconnect();
    await app.close();
    await sandbox.stop();
  });

  it('and returns nothing has nothing reported, and the log says what to do', async () => {
    await start(SilentGateway);
    expect(await verifyBoth()).toEqual([{ verified: false }, { verified: true }]);
    await app.events.until('unmatched', 2);
    await app.feedback.flush();
    expect(sandbox.conversions).toEqual([]);
    expect(app.log.matching(/@Ack\(\) can’t be seen: return the answer, or/)).toHaveLength(1);
  });

  it.each([
    { how: 'and returns the answer as well', gateway: ReturningGateway },
    { how: 'and has a predicate', gateway: AskedGateway },
  ])('$how has its success reported', async ({ gateway }) => {
    await start(gateway);
    expect(await verifyBoth()).toEqual([{ verified: false }, { verified: true }]);
    await sandbox.waitForConversion(sandbox.messages[1].messageUuid);
    await app.feedback.flush();
    expect(sandbox.conversions).toHaveLength(1);
  });
});
