import { IsEnum, IsISO8601, Matches } from 'class-validator';
import { ConversionStatus } from '../../conversion-status.js';

/**
 * The W3C's date-time profile of ISO 8601, from the minute down: date, `T`, time, zone. Its coarser
 * forms (a year, a month, a day) name no moment, which is what Plivo asks for.
 */
const W3C_DATE_TIME =
  /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Body of a report, with the names of the wire. */
export class ConversionRequest {
  @IsEnum(ConversionStatus, {
    message: `status must be one of ${Object.values(ConversionStatus).join(', ')}`,
  })
  status!: ConversionStatus;

  // Refuses the 30th of February.
  @IsISO8601({ strict: true }, { message: 'timestamp must be a date of the calendar' })
  @Matches(W3C_DATE_TIME, {
    message:
      "timestamp must follow the W3C's date-time profile of ISO 8601, e.g. 2020-08-01T11:32:26Z",
  })
  timestamp!: string;
}
