import { PlivoRequestError, PlivoRequestFailure } from '../conversion-feedback.errors.js';
import { ResolvedOptions } from '../conversion-feedback.options.js';
import { ConversionReport } from '../conversion-report.js';
import { DeliveryAnswer } from '../delivery/answer.js';
import { Clock } from '../delivery/clock.js';
import { isMessageUuid } from '../validation/decorators.js';
import { parsePhoneNumber } from '../validation/phone-number.js';
import { classify, reasonOf } from './plivo-answer.js';
import { NoAnswer, PlivoHttp, PlivoResponse } from './plivo-http.js';
import { SentMessage, TrackableMessage } from './trackable-message.js';

/**
 * Plivo's SMS API, as far as conversion feedback needs it. Nothing outside this folder knows its
 * paths, fields or statuses.
 *
 * @see https://www.plivo.com/docs/messaging/concepts/conversion-feedback
 */
export class PlivoClient {
  readonly #messages: PlivoHttp;
  /** Connections of their own: reports are cut where messages aren't. */
  readonly #reports: PlivoHttp;
  readonly #account: string;
  /** Of every request: the token, and how it goes out. */
  readonly #secrets: readonly string[];

  constructor(
    options: ResolvedOptions,
    private readonly clock: Clock,
  ) {
    this.#messages = new PlivoHttp(options);
    this.#reports = new PlivoHttp(options);
    this.#account = encodeURIComponent(options.authId);
    const { authId, authToken } = options;
    this.#secrets = [authToken, Buffer.from(`${authId}:${authToken}`).toString('base64')];
  }

  /**
   * Sends a message, once: after a lost answer nobody knows whether the SMS went out.
   * @throws PlivoRequestError where Plivo didn't queue it, or nobody knows
   */
  async send(message: TrackableMessage): Promise<SentMessage> {
    // Plivo's path for messages has capitals, the one for conversions has none: both are documented.
    const response = await this.#messages
      .post(`/v1/Account/${this.#account}/Message/`, wireMessage(message))
      .catch(unsent);
    const { status, body } = response;
    const failure = this.#failureOf(response, message);
    if (status < 200 || status >= 300) throw notAccepted(status, failure);
    const [messageUuid] = Array.isArray(body?.message_uuid) ? (body.message_uuid as unknown[]) : [];
    if (!isMessageUuid(messageUuid)) {
      throw new PlivoRequestError(
        `Plivo answered ${status} without a message_uuid: whether the SMS went out is unknown, and it can't be tracked`,
        { ...failure, outcomeUnknown: true },
      );
    }
    return { messageUuid, apiId: failure.apiId ?? '' };
  }

  /** Reports the outcome of a message. Never rejects: whatever happens is an answer. */
  async report({ messageUuid, status, timestamp }: ConversionReport): Promise<DeliveryAnswer> {
    const path = `/v1/account/${this.#account}/message/${encodeURIComponent(messageUuid)}/conversion/`;
    try {
      const response = await this.#reports.post(path, {
        status,
        timestamp: timestamp.toISOString(),
      });
      const answer = classify(response, this.clock.now(), this.#secrets);
      return answer.kind === 'done' ? { ...answer, status: response.status } : answer;
    } catch (error) {
      const message = error instanceof NoAnswer ? error.message : 'the request could not be made';
      return { kind: 'not-now', reason: { message } };
    }
  }

  #failureOf(
    response: PlivoResponse,
    { text, dst, src, url }: TrackableMessage,
  ): Omit<PlivoRequestFailure, 'outcomeUnknown'> {
    // A code is a word with a digit in it, or all in capitals; a full stop behind it is none of it.
    const codes = text.match(/[\p{L}\p{N}]*\p{N}[\p{L}\p{N}]*|\p{Lu}{4,}/gu) ?? [];
    const number = parsePhoneNumber(dst)?.digits ?? dst;
    const sent = [text, ...codes, dst, number, src, url].filter((each) => each !== undefined);
    const secrets = [...this.#secrets, ...sent];
    const { status, message, apiId } = reasonOf(response, secrets);
    return { status, plivoMessage: message, apiId };
  }

  /** Cuts the reports that are in flight; they are answered as where Plivo's answer is lost. */
  abandonReports(): void {
    this.#reports.close();
  }

  close(): void {
    this.#messages.close();
    this.#reports.close();
  }
}

function wireMessage(message: TrackableMessage): object {
  return {
    src: message.src,
    powerpack_uuid: message.powerpackUuid,
    dst: parsePhoneNumber(message.dst)?.digits,
    text: message.text,
    trackable: true,
    url: message.url,
    method: message.method,
    log: message.log,
    message_expiry: message.messageExpiry,
    dlt_entity_id: message.dltEntityId,
    dlt_template_id: message.dltTemplateId,
    dlt_template_category: message.dltTemplateCategory,
  };
}

function unsent(error: unknown): never {
  const { message, mayHaveArrived } =
    error instanceof NoAnswer ? error : new NoAnswer('the request could not be made', false);
  throw new PlivoRequestError(
    mayHaveArrived
      ? `Plivo gave no answer (${message}): whether the SMS went out is unknown, and it isn't sent again`
      : `Plivo can't be reached (${message}): the SMS wasn't sent`,
    { outcomeUnknown: mayHaveArrived },
  );
}

function notAccepted(
  status: number,
  failure: Omit<PlivoRequestFailure, 'outcomeUnknown'>,
): PlivoRequestError {
  const outcomeUnknown = status >= 500;
  const end = outcomeUnknown
    ? "whether the SMS went out is unknown, and it isn't sent again"
    : "the SMS wasn't sent";
  return new PlivoRequestError(`Plivo answered ${status} (${failure.plivoMessage}): ${end}`, {
    ...failure,
    outcomeUnknown,
  });
}
