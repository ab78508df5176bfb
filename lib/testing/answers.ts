import { DeliveryAnswer } from '../delivery/answer.js';

/** It may succeed later. */
export const notNow = {
  kind: 'not-now',
  reason: { status: 503, message: 'server error' },
} satisfies DeliveryAnswer;

/** It can't succeed. */
export const rejected = {
  kind: 'rejected',
  reason: { status: 404, message: 'not found', apiId: 'api-1' },
} satisfies DeliveryAnswer;

/** None would. */
export const refused = {
  kind: 'refused',
  reason: { status: 401, message: 'authentication failed' },
  maybeOne: false,
} satisfies DeliveryAnswer;

/** Nobody knows: the connection was cut before an answer came. */
export const cut = {
  kind: 'not-now',
  reason: { message: 'the request was cut' },
} satisfies DeliveryAnswer;
