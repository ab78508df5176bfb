import { Module } from '@nestjs/common';
import { OtpController } from './otp.controller.js';
import { OtpService } from './otp.service.js';
import { VerificationStore } from './verification.store.js';

@Module({ controllers: [OtpController], providers: [OtpService, VerificationStore] })
export class OtpModule {}
