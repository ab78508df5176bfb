import { matches } from 'class-validator';
import type { SandboxStore } from '../store.js';
import type { UuidV1 } from '../uuid-v1.js';
import { check } from '../validation.js';
import { failure, type Answer } from './answer.js';
import { MessageRequest } from './message-request.js';

const E164 = /^[1-9]\d{6,14}$/;
const MAX_RECEIVERS = 1_000;

/** `POST /v1/Account/{auth_id}/Message/`: one message for each valid receiver. */
export function sendMessage(body: unknown, store: SandboxStore, uuids: UuidV1): Answer {
  const { value: request, error } = check(MessageRequest, body, 'ignore');
  if (error !== undefined) return failure(400, error);

  const receivers = request.dst.split('<').map((number) => number.replace(/[/\-.+()\s]/g, ''));
  if (receivers.length > MAX_RECEIVERS) {
    return failure(400, `dst may hold ${MAX_RECEIVERS} numbers, not ${receivers.length}`);
  }
  const valid = receivers.filter((number) => matches(number, E164));
  const invalid = receivers.filter((number) => !matches(number, E164));
  if (valid.length === 0) {
    return failure(400, 'dst must be a phone number in E.164 format, with its country code');
  }

  const sent = valid.map((dst) => {
    const messageUuid = uuids.next();
    store.addMessage({ messageUuid, dst, ...fields(request) });
    return messageUuid;
  });

  // Plivo sends the real answer to the callback later; the sandbox calls nobody.
  if (request.callback_url != null) return { status: 202, body: { message: 'async api spawned' } };
  return {
    status: 202,
    body: {
      message: 'message(s) queued',
      message_uuid: sent,
      ...(invalid.length > 0 && { invalid_number: invalid }),
    },
  };
}

function fields(request: MessageRequest) {
  const { log } = request;
  return {
    src: request.src ?? undefined,
    powerpackUuid: request.powerpack_uuid ?? undefined,
    text: request.text,
    trackable: request.trackable ?? false,
    log: log === 'true' || log === 'false' ? log === 'true' : (log ?? true),
    type: request.type ?? undefined,
    url: request.url ?? undefined,
    method: request.method ?? undefined,
    messageExpiry: request.message_expiry ?? undefined,
    dltEntityId: request.dlt_entity_id ?? undefined,
    dltTemplateId: request.dlt_template_id ?? undefined,
    dltTemplateCategory: request.dlt_template_category ?? undefined,
  };
}
