import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { Request } from 'express';

const LOOPBACK_ADDRESSES = /^(::ffff:)?127\.|^::1$/;
const LOOPBACK_NAMES = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

/**
 * Lets in who sits at this machine, for a sample that knows no operators. The Host header is looked at
 * too: a web page elsewhere could have its own name lead here. Behind a proxy everybody seems to sit
 * here: use the guard that your app knows its operators by.
 */
@Injectable()
export class LoopbackGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { socket, headers } = context.switchToHttp().getRequest<Request>();
    return (
      LOOPBACK_ADDRESSES.test(socket.remoteAddress ?? '') &&
      LOOPBACK_NAMES.test(headers.host ?? '') &&
      headers['x-forwarded-for'] === undefined
    );
  }
}
