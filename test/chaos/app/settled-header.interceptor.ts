import { CallHandler, ExecutionContext, Inject, Injectable, NestInterceptor } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Observable, tap } from 'rxjs';
import { Witness } from './witness.js';

/** Says in a header when the response's conversion was recorded; without it, it wasn't yet. */
@Injectable()
export class SettledHeaderInterceptor implements NestInterceptor {
  constructor(@Inject(Witness) private readonly witness: Witness) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const { verificationId } =
      http.getRequest<Request<object, unknown, { verificationId: string }>>().body;
    const say = (): void => {
      const at = this.witness.settledAt.get(verificationId);
      if (at !== undefined) http.getResponse<Response>().setHeader('x-settled-at', String(at));
    };
    return next.handle().pipe(tap({ complete: say }));
  }
}
