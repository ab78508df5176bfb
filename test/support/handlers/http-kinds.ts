import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  ArgumentsHost,
  Body,
  CallHandler,
  CanActivate,
  Catch,
  ClassSerializerInterceptor,
  Controller,
  ExceptionFilter,
  ExecutionContext,
  HttpCode,
  Injectable,
  NestInterceptor,
  Post,
  Redirect,
  Render,
  Res,
  Scope,
  Sse,
  StreamableFile,
  Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  VersioningType,
} from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Exclude } from 'class-transformer';
import { IsIn, IsOptional, IsString } from 'class-validator';
import handlebars from 'handlebars';
import { Observable, concat, map, of, throwError } from 'rxjs';
import type { Platform } from '../app.js';
import { VOLATILE_HEADERS, httpClient } from './http-client.js';
import { type Failure, type Kind, RIGHT, type Track, type Verify, WRONG } from './kind.js';
import { check, statusOf } from './otp-failure.js';

/** What both platforms' responses can do. */
interface AnyResponse {
  status(code: number): AnyResponse;
  send(body: unknown): void;
}

interface HttpKind {
  readonly failures: readonly Failure[];
  readonly controller: (track: Track) => Type;
  readonly providers?: Type[];
  readonly path?: string;
  readonly configure?: Kind['configure'];
}

class Wrong extends Error {}

@Catch(Wrong)
class WrongFilter implements ExceptionFilter {
  catch(_: Wrong, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<AnyResponse>().status(422).send({ wrong: true });
  }
}

@Injectable()
class Envelope implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data) => ({ data })));
  }
}

/** Makes of a handler's own words those that are understood further out. */
@Injectable()
class Verdict implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map(({ outcome }) => ({ success: outcome === 'fine', outcome })));
  }
}

@Injectable()
class RightCodes implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<{ body: Verify }>().body.code === RIGHT;
  }
}

class User {
  @Exclude()
  readonly password = 'hidden';

  constructor(readonly verified: boolean) {}
}

class VerifyDto implements Verify {
  @IsOptional()
  @IsString()
  verificationId?: string;

  @IsIn([RIGHT, WRONG['its value']])
  code!: string;
}

/** As apps do it to time a handler, or to run it in a transaction: another function, with its metadata. */
function wrapped(_: object, __: string, descriptor: PropertyDescriptor): void {
  const method = descriptor.value as (...args: unknown[]) => unknown;
  descriptor.value = function (...args: unknown[]) {
    return method.apply(this, args);
  };
  for (const key of Reflect.getOwnMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), descriptor.value as object);
  }
}

class PerRequest {
  readonly check = check;
}

@Injectable({ scope: Scope.REQUEST, durable: true })
class PerTenant {
  readonly check = check;
}

/** Every kind of HTTP handler, by what its users call it. */
export const httpKinds: Record<string, HttpKind> = {
  'that returns a value': {
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @track()
        verify(@Body() body: Verify) {
          return check(body);
        }
      }
      return VerifyController;
    },
  },
  'that returns a promise': {
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @track()
        async verify(@Body() body: Verify) {
          await new Promise(setImmediate);
          return check(body);
        }
      }
      return VerifyController;
    },
  },
  'that returns an observable': {
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @track()
        verify(@Body() body: Verify): Observable<unknown> {
          if (body.code === WRONG.throwing) return throwError(() => new Wrong());
          return concat(of({ verified: false }), of(check(body)));
        }
      }
      return VerifyController;
    },
  },
  'with @HttpCode(204), that returns nothing': {
    failures: ['throwing'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @HttpCode(204)
        @track()
        verify(@Body() body: Verify) {
          check(body);
        }
      }
      return VerifyController;
    },
  },
  'with @Res({ passthrough: true })': {
    failures: ['throwing', 'its status', 'its value'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @track()
        verify(@Body() body: Verify, @Res({ passthrough: true }) response: AnyResponse) {
          response.status(statusOf(body));
          return check(body);
        }
      }
      return VerifyController;
    },
  },
  'with a bare @Res()': {
    failures: ['throwing', 'its status'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @track()
        verify(@Body() body: Verify, @Res() response: AnyResponse) {
          response.status(statusOf(body)).send(check(body));
        }
      }
      return VerifyController;
    },
  },
  'with a bare @Res() that it answers by later': {
    failures: ['its status'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @track()
        verify(@Body() body: Verify, @Res() response: AnyResponse) {
          setImmediate(() => response.status(statusOf(body)).send(check(body)));
        }
      }
      return VerifyController;
    },
  },
  'with a bare @Res(), wrapped by a decorator of the app': {
    failures: ['its status'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @wrapped
        @Post('verify')
        @track()
        verify(@Body() body: Verify, @Res() response: AnyResponse) {
          setImmediate(() => response.status(statusOf(body)).send(check(body)));
        }
      }
      return VerifyController;
    },
  },
  'with a bare @Res(), inherited, of a decorated class that binds it': {
    failures: ['its status'],
    controller: (track) => {
      class AnyController {
        constructor() {
          this.verify = this.verify.bind(this);
        }

        @Post('verify')
        verify(@Body() body: Verify, @Res() response: AnyResponse) {
          setImmediate(() => response.status(statusOf(body)).send(check(body)));
        }
      }
      @Controller()
      @track()
      class VerifyController extends AnyController {}
      return VerifyController;
    },
  },
  'with a bare @Res(), of a decorated class that wraps it': {
    failures: ['its status'],
    controller: (track) => {
      @Controller()
      @track()
      class VerifyController {
        constructor() {
          const verify = this.verify.bind(this);
          this.verify = (body, response) => verify(body, response);
        }

        @Post('verify')
        verify(@Body() body: Verify, @Res() response: AnyResponse) {
          setImmediate(() => response.status(statusOf(body)).send(check(body)));
        }
      }
      return VerifyController;
    },
  },
  'with @Redirect': {
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @Redirect('/home')
        @track()
        verify(@Body() body: Verify) {
          const { verified } = check(body);
          return verified ? undefined : { url: '/login?again', verified };
        }
      }
      return VerifyController;
    },
  },
  'with @Render': {
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @Render('verified.hbs')
        @track()
        verify(@Body() body: Verify) {
          return { user: 'Ada', ...check(body) };
        }
      }
      return VerifyController;
    },
    configure: (app) => {
      const templates = join(import.meta.dirname, 'views');
      if (app.getHttpAdapter().getType() === 'fastify') {
        (app as NestFastifyApplication).setViewEngine({ engine: { handlebars }, templates });
      } else {
        const express = app as NestExpressApplication;
        express.setBaseViewsDir(templates);
        express.engine('hbs', (path: string, model: object, done: (...args: unknown[]) => void) =>
          done(null, handlebars.compile(readFileSync(path, 'utf8'))(model)),
        );
      }
    },
  },
  'with @Sse': {
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Sse('verify', { method: 1 })
        @track()
        verify(@Body() body: Verify): Observable<{ data: object }> {
          const verdict =
            body.code === WRONG.throwing ? throwError(() => new Wrong('wrong')) : of(check(body));
          return concat(of({ step: 'checking' }), verdict).pipe(map((data) => ({ data })));
        }
      }
      return VerifyController;
    },
  },
  'that streams a file': {
    failures: ['throwing'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @track()
        verify(@Body() body: Verify) {
          check(body);
          return new StreamableFile(Readable.from(['recovery ', 'codes']), { type: 'text/plain' });
        }
      }
      return VerifyController;
    },
  },
  'that returns a web Response': {
    failures: ['throwing', 'its status'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @track()
        verify(@Body() body: Verify) {
          return Response.json(check(body), { status: statusOf(body) });
        }
      }
      return VerifyController;
    },
  },
  'that returns a web Response, by its own predicate': {
    failures: ['its status'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @track({ when: () => true })
        verify(@Body() body: Verify) {
          return Response.json(check(body), { status: statusOf(body) });
        }
      }
      return VerifyController;
    },
  },
  'that redirects by a web Response': {
    failures: ['throwing', 'its status'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @track()
        verify(@Body() body: Verify) {
          check(body);
          const status = body.code === WRONG['its status'] ? 401 : 303;
          return new Response(null, { status, headers: { location: '/welcome' } });
        }
      }
      return VerifyController;
    },
  },
  'that is an async generator': {
    failures: ['throwing'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @track()
        async *verify(@Body() body: Verify) {
          await new Promise(setImmediate);
          yield JSON.stringify(check(body));
        }
      }
      return VerifyController;
    },
  },
  'that returns a ReadableStream': {
    failures: ['throwing'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @track()
        verify(@Body() body: Verify) {
          return new ReadableStream({
            pull: (stream) => {
              stream.enqueue(JSON.stringify(check(body)));
              stream.close();
            },
          });
        }
      }
      return VerifyController;
    },
  },
  'with a version, under a global prefix': {
    failures: ['throwing', 'its value'],
    path: '/api/v2/otp/verify',
    controller: (track) => {
      @Controller({ path: 'otp', version: '2' })
      class VerifyController {
        @Post('verify')
        @track()
        verify(@Body() body: Verify) {
          return check(body);
        }
      }
      return VerifyController;
    },
    configure: (app) =>
      app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, prefix: 'v' }),
  },
  'of a decorated class': {
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      @track()
      class VerifyController {
        @Post('verify')
        verify(@Body() body: Verify) {
          return check(body);
        }
      }
      return VerifyController;
    },
  },
  'with an exception filter': {
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @UseFilters(WrongFilter)
        @track()
        verify(@Body() body: Verify) {
          return check(body, () => new Wrong());
        }
      }
      return VerifyController;
    },
  },
  'with interceptors further out and further in': {
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @UseInterceptors(Verdict)
        @track()
        @UseInterceptors(Envelope)
        verify(@Body() body: Verify) {
          return { outcome: check(body).verified ? 'fine' : 'wrong' };
        }
      }
      return VerifyController;
    },
  },
  'with ClassSerializerInterceptor': {
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      @UseInterceptors(ClassSerializerInterceptor)
      class VerifyController {
        @Post('verify')
        @track()
        verify(@Body() body: Verify) {
          return new User(check(body).verified);
        }
      }
      return VerifyController;
    },
  },
  'with a ValidationPipe': {
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      @UsePipes(new ValidationPipe({ transform: true, whitelist: true }))
      class VerifyController {
        @Post('verify')
        @track()
        verify(@Body() body: VerifyDto) {
          return check(body);
        }
      }
      return VerifyController;
    },
  },
  'with a guard that refuses': {
    failures: ['throwing'],
    controller: (track) => {
      @Controller()
      class VerifyController {
        @Post('verify')
        @UseGuards(RightCodes)
        @track()
        verify() {
          return { welcome: true };
        }
      }
      return VerifyController;
    },
  },
  'of a request-scoped controller': {
    failures: ['throwing', 'its value'],
    providers: [PerRequest],
    controller: (track) => {
      @Controller()
      class VerifyController {
        constructor(private readonly otp: PerRequest) {}

        @Post('verify')
        @track()
        verify(@Body() body: Verify) {
          return this.otp.check(body);
        }
      }
      return VerifyController;
    },
  },
  'with a durable provider': {
    failures: ['throwing', 'its value'],
    providers: [PerTenant],
    controller: (track) => {
      @Controller({ scope: Scope.REQUEST, durable: true })
      class VerifyController {
        constructor(private readonly otp: PerTenant) {}

        @Post('verify')
        @track()
        verify(@Body() body: Verify) {
          return this.otp.check(body);
        }
      }
      return VerifyController;
    },
  },
  'with the interceptor bound twice': {
    failures: ['throwing', 'its value'],
    controller: (track) => {
      @Controller()
      @track()
      class VerifyController {
        @Post('verify')
        @track()
        verify(@Body() body: Verify) {
          return check(body);
        }
      }
      return VerifyController;
    },
  },
};

/** Such a handler on a platform. */
export function onHttp(name: string, platform: Platform): Kind {
  const { failures, controller, providers, path, configure } = httpKinds[name];
  return {
    name: `a handler ${name}`,
    platform,
    failures,
    module: (track) => ({ controllers: [controller(track)], providers }),
    configure,
    connect: (port) => httpClient(port, path),
    volatile: VOLATILE_HEADERS,
  };
}
