import type { PlivoSandboxOptions } from '../options.js';
import type { SandboxStore } from '../store.js';
import { check } from '../validation.js';
import { failure, type Answer } from './answer.js';
import { ConversionRequest } from './conversion-request.js';

/** `POST /v1/account/{auth_id}/message/{message_uuid}/conversion/`: records a report. */
export function reportConversion(
  messageUuid: string,
  body: unknown,
  store: SandboxStore,
  options: Required<PlivoSandboxOptions>,
): Answer {
  const { value: request, error } = check(ConversionRequest, body, 'ignore');
  if (error !== undefined) return failure(400, error);

  const message = store.message(messageUuid);
  if (message === undefined && options.unknownMessage !== 200) {
    return failure(options.unknownMessage, 'not found: no message has this message_uuid');
  }
  if (message?.trackable === false && options.untrackableMessage !== 200) {
    return failure(options.untrackableMessage, 'the message was sent without trackable: true');
  }
  if (message?.conversion !== undefined && options.repeatedConversion !== 200) {
    return failure(options.repeatedConversion, 'a conversion of this message is recorded already');
  }

  const conversionUuid = `conv-${messageUuid}`;
  const { status, timestamp } = request;
  store.addConversion({ messageUuid, conversionUuid, status, timestamp });
  return {
    status: options.conversionRecorded,
    body: {
      conversion_uuid: conversionUuid,
      message: 'successfully recorded.',
      message_uuid: messageUuid,
    },
  };
}
