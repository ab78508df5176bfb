import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import { TrackConversion } from 'nestjs-conversion-feedback';
import { ResendOtpDto } from './dto/resend-otp.dto.js';
import { SendOtpDto } from './dto/send-otp.dto.js';
import { VerifyOtpDto } from './dto/verify-otp.dto.js';
import { CODE_LIFETIME } from './otp.policy.js';
import { OtpService } from './otp.service.js';

/** What the browser gets of a verification: its id, and for how many seconds the code is good. */
interface CodeSent {
  verificationId: string;
  expiresIn: number;
}

@Controller('otp')
export class OtpController {
  constructor(private readonly otp: OtpService) {}

  @Post('send')
  @UseGuards(ThrottlerGuard)
  async send(@Body() { phoneNumber }: SendOtpDto): Promise<CodeSent> {
    const { id } = await this.otp.send(phoneNumber);
    return { verificationId: id, expiresIn: CODE_LIFETIME };
  }

  @Post('resend')
  @UseGuards(ThrottlerGuard)
  async resend(@Body() { verificationId }: ResendOtpDto): Promise<CodeSent> {
    const { id } = await this.otp.resend(verificationId);
    return { verificationId: id, expiresIn: CODE_LIFETIME };
  }

  /** A right code returns, and the decorator reports the conversion; a wrong one throws. */
  @Post('verify')
  @HttpCode(200)
  @TrackConversion()
  verify(@Body() { verificationId, code }: VerifyOtpDto): { verified: true } {
    this.otp.verify(verificationId, code);
    // Here your app signs the user in: a session, a token.
    return { verified: true };
  }
}
