import { Module } from '@nestjs/common';
import { OtpController } from './otp.controller.js';
import { OtpService } from './otp.service.js';
import { SmsService } from './sms.service.js';

@Module({ controllers: [OtpController], providers: [OtpService, SmsService] })
export class OtpModule {}
