/**
 * What became of a one-time password, in Plivo's words and with the values it expects on the wire.
 *
 * @see https://www.plivo.com/docs/messaging/concepts/conversion-feedback
 */
export enum ConversionStatus {
  /** The user got the code of this message right. */
  CONVERTED = 'CONVERTED',
  /** The user didn't. Plivo assumes this of each trackable message that nobody reports. */
  NOT_CONVERTED = 'NOT_CONVERTED',
  /**
   * The user was verified, but by another message, channel or provider. Plivo accepts this value
   * and doesn't define it: this is our reading.
   */
  CONVERTED_WITH_OTHERS = 'CONVERTED_WITH_OTHERS',
}
