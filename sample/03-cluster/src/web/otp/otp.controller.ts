import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { TrackConversion } from 'nestjs-conversion-feedback';
import { SendOtpDto } from './dto/send-otp.dto.js';
import { VerifyOtpDto } from './dto/verify-otp.dto.js';
import { OtpService } from './otp.service.js';

@Controller('otp')
export class OtpController {
  constructor(private readonly otp: OtpService) {}

  @Post('send')
  async send(@Body() { phoneNumber }: SendOtpDto): Promise<{ verificationId: string }> {
    return { verificationId: await this.otp.send(phoneNumber) };
  }

  /** A right code returns, and the decorator records the conversion; a wrong one throws. */
  @Post('verify')
  @HttpCode(200)
  @TrackConversion()
  async verify(@Body() { verificationId, code }: VerifyOtpDto): Promise<{ verified: true }> {
    await this.otp.verify(verificationId, code);
    return { verified: true };
  }
}
