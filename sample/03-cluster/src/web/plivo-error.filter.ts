import { ArgumentsHost, Catch, ExceptionFilter, HttpStatus, Logger } from '@nestjs/common';
import { Response } from 'express';
import { PlivoRequestError } from 'nestjs-conversion-feedback';

/** Plivo didn't take a message: the log says why, and the user what to do. */
@Catch(PlivoRequestError)
export class PlivoErrorFilter implements ExceptionFilter<PlivoRequestError> {
  readonly #logger = new Logger(PlivoErrorFilter.name);

  catch(error: PlivoRequestError, host: ArgumentsHost): void {
    this.#logger.error(error.message);
    host.switchToHttp().getResponse<Response>().status(HttpStatus.BAD_GATEWAY).json({
      statusCode: HttpStatus.BAD_GATEWAY,
      error: 'CodeNotSent',
      message: "The code couldn't be sent just now. Try again in a minute.",
    });
  }
}
