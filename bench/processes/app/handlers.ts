import { randomUUID } from 'node:crypto';
import {
  Body,
  CallHandler,
  Controller,
  ExecutionContext,
  HttpCode,
  NestInterceptor,
  Post,
  Type,
  UseInterceptors,
} from '@nestjs/common';
import axios from 'axios';
import { TrackConversion } from 'nestjs-conversion-feedback';
import { account } from '../account.js';
import { check } from '../login.js';
import type { AppSettings } from './settings.js';

interface Attempt {
  readonly verificationId: string;
  readonly code: string;
}

@Controller()
class PlainHandler {
  @Post('verify')
  @HttpCode(200)
  verify(@Body() attempt: Attempt) {
    return check(attempt);
  }
}

class EmptyInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler) {
    return next.handle();
  }
}

@Controller()
class EmptyInterceptorHandler {
  @Post('verify')
  @HttpCode(200)
  @UseInterceptors(EmptyInterceptor)
  verify(@Body() attempt: Attempt) {
    return check(attempt);
  }
}

@Controller()
class TrackedHandler {
  @Post('verify')
  @HttpCode(200)
  @TrackConversion()
  verify(@Body() attempt: Attempt) {
    return check(attempt);
  }
}

/** As one would write it by hand, except that it needn't look up the message. */
function awaitingHandler(provider: string): Type {
  const url = `${provider}/v1/account/${account.authId}/message`;
  const auth = { username: account.authId, password: account.authToken };

  @Controller()
  class AwaitingHandler {
    @Post('verify')
    @HttpCode(200)
    async verify(@Body() attempt: Attempt) {
      const result = check(attempt);
      if (result.success) {
        const report = { status: 'CONVERTED', timestamp: new Date().toISOString() };
        await axios.post(`${url}/${randomUUID()}/conversion/`, report, { auth });
      }
      return result;
    }
  }
  return AwaitingHandler;
}

/** The controller with the verify handler. */
export function handlerOf({ handler, provider }: AppSettings): Type {
  const handlers = {
    plain: () => PlainHandler,
    empty: () => EmptyInterceptorHandler,
    tracked: () => TrackedHandler,
    awaiting: () => awaitingHandler(provider),
  };
  return handlers[handler]();
}
