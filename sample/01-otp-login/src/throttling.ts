import { ThrottlerModuleOptions, minutes } from '@nestjs/throttler';
import { Request } from 'express';
import { inOneForm } from './otp/phone-number.js';

/** The number that a code is asked for, however it is written. */
const numberIn = ({ body }: Pick<Request, 'body'>): string => {
  const { phoneNumber } = (body ?? {}) as { phoneNumber?: unknown };
  return inOneForm(phoneNumber) ?? '';
};

/**
 * How often codes may be asked for: each SMS costs money, and may reach somebody who never asked.
 * Behind a proxy set Express' `trust proxy`, or all users share its address; with more than one
 * process give the throttler a shared storage.
 */
export const throttling: ThrottlerModuleOptions = {
  errorMessage: 'Too many codes were asked for. Wait a few minutes, then try again.',
  throttlers: [
    { name: 'address', ttl: minutes(1), limit: 10 },
    {
      name: 'number',
      ttl: minutes(10),
      limit: 5,
      getTracker: (request) => numberIn(request as Request),
      skipIf: (context) => numberIn(context.switchToHttp().getRequest<Request>()) === '',
    },
  ],
};
