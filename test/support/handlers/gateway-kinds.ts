import { INestApplication, Type, WebSocketAdapter } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { on, once } from 'node:events';
import { Observable, concat, map, of } from 'rxjs';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { Client, Kind, Track, type Verify } from './kind.js';
import { check } from './otp-failure.js';

const wrong = () => new WsException('wrong');

/** Makes the gateway of an app. */
type Gateway = (track: Track) => Type;

const answers: Gateway = (track) => {
  @WebSocketGateway()
  class VerifyGateway {
    @SubscribeMessage('verify')
    @track()
    async verify(@MessageBody() body: Verify) {
      return { event: 'verified', data: check(body, wrong) };
    }
  }
  return VerifyGateway;
};

const streams: Gateway = (track) => {
  @WebSocketGateway()
  class VerifyGateway {
    @SubscribeMessage('verify')
    @track()
    verify(@MessageBody() body: Verify): Observable<unknown> {
      const verdict = of(check(body, wrong)).pipe(map((data) => ({ event: 'verified', data })));
      return concat(of({ event: 'step', data: 'checking' }), verdict);
    }
  }
  return VerifyGateway;
};

const acknowledges: Gateway = (track) => {
  @WebSocketGateway()
  class VerifyGateway {
    @SubscribeMessage('verify')
    @track()
    verify(@MessageBody() body: Verify) {
      return check(body, wrong);
    }
  }
  return VerifyGateway;
};

const findsByFunction: Gateway = (track) => {
  @WebSocketGateway()
  class VerifyGateway {
    @SubscribeMessage('verify')
    @track({
      verificationId: (_, context) => context.switchToWs().getData<Verify>().verificationId,
    })
    verify(@MessageBody() body: Verify) {
      return { event: 'verified', data: check(body, wrong) };
    }
  }
  return VerifyGateway;
};

const kind = (
  name: string,
  gateway: Gateway,
  adapter: (app: INestApplication) => WebSocketAdapter,
  connect: (port: number) => Promise<Client>,
): Kind => ({
  name,
  failures: ['throwing', 'its value'],
  module: (track) => ({ providers: [gateway(track)] }),
  configure: (app) => void app.useWebSocketAdapter(adapter(app)),
  connect,
  // Acknowledgements are numbered.
  volatile: /43\d+(?=\[)/g,
});

/** A socket.io client that resolves with the answer, or with the exception, that the server emits. */
async function socketIo(port: number): Promise<Client> {
  const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], reconnection: false });
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return {
    verify: (body) =>
      new Promise((resolve) => {
        socket.once('verified', resolve);
        socket.once('exception', resolve);
        socket.emit('verify', body);
      }),
    close: () => void socket.disconnect(),
  };
}

/** A socket.io client that asks for an acknowledgement; an exception comes as an event. */
async function acknowledged(port: number): Promise<Client> {
  const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], reconnection: false });
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return {
    verify: (body) =>
      new Promise((resolve) => {
        socket.once('exception', resolve);
        socket.emit('verify', body, resolve);
      }),
    close: () => void socket.disconnect(),
  };
}

/** A plain WebSocket. */
async function webSocket(port: number): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  await once(socket, 'open');
  return {
    verify: async (data) => {
      const messages = on(socket, 'message') as AsyncIterable<[Buffer]>;
      socket.send(JSON.stringify({ event: 'verify', data }));
      for await (const [message] of messages) {
        if (!message.toString().includes('"step"')) return message;
      }
      return undefined;
    },
    close: () => socket.terminate(),
  };
}

const onSocketIo = (app: INestApplication) => new IoAdapter(app);
const onWs = (app: INestApplication) => new WsAdapter(app);

export const gatewayKinds: readonly Kind[] = [
  kind('@SubscribeMessage on socket.io', answers, onSocketIo, socketIo),
  kind('@SubscribeMessage on socket.io that streams', streams, onSocketIo, socketIo),
  kind('@SubscribeMessage on socket.io, acknowledged', acknowledges, onSocketIo, acknowledged),
  kind('@SubscribeMessage on ws', answers, onWs, webSocket),
  kind('@SubscribeMessage on ws that streams', streams, onWs, webSocket),
  kind('@SubscribeMessage whose id is found by a function', findsByFunction, onWs, webSocket),
];
