import { IsEnum, IsOptional } from 'class-validator';
import { Fault } from '../conversion-feedback.errors.js';
import { ConversionReport } from '../conversion-report.js';
import { ConversionStatus } from '../conversion-status.js';
import { parsePhoneNumber } from './phone-number.js';
import { VerificationOutcome } from '../storage/conversion-storage.js';
import { IsMessageUuid, IsMoment, IsText } from './decorators.js';
import { faultsOf } from './faults.js';

/** A verification's id may be a phone number. */
const SECRET = new Set(['verificationId']);

const statusMessage = { message: `must be one of ${Object.values(ConversionStatus).join(', ')}` };

class OutcomeInput {
  @IsText(1, 512)
  verificationId!: string;

  @IsEnum(ConversionStatus, statusMessage)
  status!: ConversionStatus;

  @IsMoment()
  timestamp!: Date;

  @IsOptional()
  @IsMessageUuid()
  messageUuid?: string;
}

class ReportInput {
  @IsMessageUuid()
  messageUuid!: string;

  @IsEnum(ConversionStatus, statusMessage)
  status!: ConversionStatus;

  @IsMoment()
  timestamp!: Date;
}

class TrackInput {
  @IsText(1, 512)
  verificationId!: string;

  @IsMessageUuid()
  messageUuid!: string;

  @IsOptional()
  @IsMoment()
  sentAt?: Date;
}

/** All that is wrong with a verification's outcome. */
export function outcomeFaults(outcome: VerificationOutcome): Fault[] {
  return faultsOf(Object.assign(new OutcomeInput(), outcome), SECRET);
}

/** All that is wrong with a report of one message. */
export function reportFaults(report: ConversionReport): Fault[] {
  return faultsOf(Object.assign(new ReportInput(), report), SECRET);
}

/** All that is wrong with a message to be tracked. */
export function trackFaults(message: TrackInput, dst: string | undefined): Fault[] {
  const faults = faultsOf(Object.assign(new TrackInput(), message), SECRET);
  if (dst === undefined || parsePhoneNumber(dst)) return faults;
  return [
    ...faults,
    { field: 'dst', message: '`dst` must be one phone number in international form' },
  ];
}
