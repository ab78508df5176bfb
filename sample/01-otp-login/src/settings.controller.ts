import { Controller, Get } from '@nestjs/common';
import { Environment } from './environment.js';
import { RESEND_AFTER } from './otp/otp.policy.js';

/** What the page needs to know about this app. */
@Controller('settings')
export class SettingsController {
  constructor(private readonly environment: Environment) {}

  @Get()
  settings(): { resendAfter: number; inboxUrl?: string } {
    const { usesSandbox, SANDBOX_URL } = this.environment;
    return { resendAfter: RESEND_AFTER, inboxUrl: usesSandbox ? SANDBOX_URL : undefined };
  }
}
