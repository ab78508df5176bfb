import type { ConversionStatus } from '../conversion-status.js';

/** A message the sandbox accepted, as the receiver's phone would show it. Never changed afterwards. */
export interface SandboxMessage {
  readonly messageUuid: string;
  /** The sender. Absent where the message was sent with a Powerpack. */
  readonly src?: string;
  readonly powerpackUuid?: string;
  /** The receiver: digits alone, as Plivo sanitises it. */
  readonly dst: string;
  readonly text: string;
  readonly trackable: boolean;
  readonly log: boolean | 'content_only' | 'number_only';
  readonly type?: string;
  /** Where Plivo would report the delivery status. The sandbox never calls it. */
  readonly url?: string;
  readonly method?: string;
  readonly messageExpiry?: number;
  readonly dltEntityId?: string;
  readonly dltTemplateId?: string;
  readonly dltTemplateCategory?: string;
  readonly sentAt: Date;
  /** Every report of this message, oldest first. */
  readonly conversions: readonly SandboxConversion[];
  /** The last report: the one that counts. */
  readonly conversion?: SandboxConversion;
}

/** One report of a conversion that the sandbox accepted. */
export interface SandboxConversion {
  readonly messageUuid: string;
  readonly conversionUuid: string;
  readonly status: ConversionStatus;
  /** Exactly as it was on the wire. */
  readonly timestamp: string;
  readonly receivedAt: Date;
  /** 1 for a message's first report, 2 for the second… */
  readonly attempt: number;
}

/** One request to the emulated API, as it was on the wire, accepted or not. */
export interface SandboxRequest {
  /** 1 for the first since the start or the last reset. */
  readonly number: number;
  readonly method: string;
  /** The request target, unparsed: case, trailing slash and query as the client sent them. */
  readonly path: string;
  /** Names in lower case. Over HTTP and on the page the Authorization header's value is left out. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names and values in turn, in the order, the case and the number they were sent. */
  readonly rawHeaders: readonly string[];
  /** Empty where the connection was cut before the body was taken. */
  readonly body: string;
  readonly receivedAt: Date;
  /** When it was answered or cut. Unset while the client still waits. */
  readonly answeredAt?: Date;
  /** Status of the answer. Unset where there was none: still waiting, cut, or left by the client. */
  readonly status?: number;
  /** What the answer gave as error. */
  readonly error?: string;
}
