import type { AddressInfo, Server } from 'node:net';
import { Controller, INestApplication, Type } from '@nestjs/common';
import {
  ClientOptions,
  ClientProxy,
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  MicroserviceOptions,
  Payload,
  RpcException,
  Transport,
} from '@nestjs/microservices';
import { Observable, concat, defer, lastValueFrom, of } from 'rxjs';
import { Redis, startRedis } from '../redis.js';
import { Client, Failure, Kind, Track, type Verify } from './kind.js';
import { check } from './otp-failure.js';

const wrong = () => new RpcException('wrong');

/** A handler of messages, and how a client speaks to it. */
interface MessageHandler {
  readonly name: string;
  readonly failures: readonly Failure[];
  readonly controller: (track: Track) => Type;
  readonly ask: (proxy: ClientProxy, body: Verify) => Observable<unknown>;
}

const ask = (proxy: ClientProxy, body: Verify) => proxy.send('otp.verify', body);

const handlers: readonly MessageHandler[] = [
  {
    name: '@MessagePattern',
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @MessagePattern('otp.verify')
        @track()
        async verify(@Payload() body: Verify) {
          return check(body, wrong);
        }
      }
      return VerifyController;
    },
    ask,
  },
  {
    name: '@MessagePattern that streams its answers',
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @MessagePattern('otp.verify')
        @track()
        verify(@Payload() body: Verify): Observable<unknown> {
          return concat(
            of({ step: 'checking' }),
            defer(() => of(check(body, wrong))),
          );
        }
      }
      return VerifyController;
    },
    ask,
  },
  {
    name: '@MessagePattern whose id is found by a path',
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @MessagePattern('otp.verify')
        @track({ verificationId: 'attempts.0.id' })
        verify(@Payload() body: Verify) {
          return check(body, wrong);
        }
      }
      return VerifyController;
    },
    ask: (proxy, { verificationId, code }) =>
      proxy.send('otp.verify', { code, attempts: [{ id: verificationId }] }),
  },
  {
    name: '@MessagePattern whose id is found by a function',
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @MessagePattern('otp.verify')
        @track({
          verificationId: (_, context) => context.switchToRpc().getData<Verify>().verificationId,
        })
        verify(@Payload() body: Verify) {
          return check(body, wrong);
        }
      }
      return VerifyController;
    },
    ask,
  },
  {
    name: '@EventPattern',
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @EventPattern('otp.verify')
        @track()
        async verify(@Payload() body: Verify) {
          return check(body, wrong);
        }
      }
      return VerifyController;
    },
    ask: (proxy, body) => proxy.emit('otp.verify', body),
  },
];

/** A transport: how a microservice listens by it, and a client connects. */
interface MessageTransport {
  readonly name: string;
  /** Starts what the transport needs, and says how the app listens. */
  readonly listen: (app: INestApplication) => Promise<MicroserviceOptions>;
  /** How a client connects by way of a port. */
  readonly connect: (port: number) => ClientOptions;
  readonly port: (app: INestApplication) => Promise<number>;
  readonly release?: Kind['release'];
  readonly volatile: RegExp;
}

const tcp: MessageTransport = {
  name: 'TCP',
  listen: async () => ({ transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } }),
  connect: (port) => ({ transport: Transport.TCP, options: { host: '127.0.0.1', port } }),
  port: async (app) => {
    const server = app.getMicroservices()[0].unwrap<Server>();
    return (server.address() as AddressInfo).port;
  },
  volatile: /,?"id":"[^"]+"/g,
};

/** Every app has a Redis of its own: both would be given the same messages. */
const servers = new WeakMap<INestApplication, Redis>();

const redis: MessageTransport = {
  name: 'Redis',
  listen: async (app) => {
    const server = await startRedis();
    servers.set(app, server);
    const { port } = server;
    return { transport: Transport.REDIS, options: { host: '127.0.0.1', port } };
  },
  connect: (port) => ({ transport: Transport.REDIS, options: { host: '127.0.0.1', port } }),
  port: async (app) => servers.get(app)!.port,
  release: (app) => servers.get(app)!.stop(),
  // Besides the messages, on the client's other connection, what Redis says of subscribing and sending.
  volatile: /,?"id":"[^"]+"|\*3\r\n\$\d+\r\n(un)?subscribe\r\n.*\r\n.*\r\n:\d+\r\n|^:\d+\r\n/gm,
};

/** Every kind of message handler, by each transport. */
export const messageKinds: readonly Kind[] = [tcp, redis].flatMap((transport) =>
  handlers.map(({ name, failures, controller, ask: speak }) => ({
    name: `${name} by ${transport.name}`,
    failures,
    module: (track: Track) => ({ controllers: [controller(track)] }),
    configure: async (app: INestApplication) => {
      app.connectMicroservice(await transport.listen(app));
      await app.startAllMicroservices();
    },
    port: transport.port,
    connect: async (port: number): Promise<Client> => {
      const proxy: ClientProxy = ClientProxyFactory.create(transport.connect(port));
      await proxy.connect();
      return {
        verify: (body) =>
          lastValueFrom(speak(proxy, body), { defaultValue: undefined }).catch(
            (error: unknown) => error,
          ),
        close: async () => {
          await proxy.close();
        },
      };
    },
    release: transport.release,
    volatile: transport.volatile,
  })),
);
