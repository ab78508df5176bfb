import { IsUUID, Matches } from 'class-validator';
import { CODE_LENGTH } from '../otp.policy.js';

export class VerifyOtpDto {
  @IsUUID()
  verificationId!: string;

  @Matches(new RegExp(`^\\d{${CODE_LENGTH}}$`), {
    message: `code must be ${CODE_LENGTH} digits`,
  })
  code!: string;
}
