import { UnauthorizedException } from '@nestjs/common';
import { RIGHT, Verify, WRONG } from './kind.js';

/** What a handler makes of a code: its value, or it throws. */
export function check({ code }: Verify, wrong: () => Error = () => new UnauthorizedException()) {
  if (code === WRONG.throwing) throw wrong();
  return { verified: code === RIGHT || code === WRONG['its status'] };
}

/** The status that a code asks for. */
export function statusOf({ code }: Verify): number {
  return code === WRONG['its status'] ? 401 : 200;
}
