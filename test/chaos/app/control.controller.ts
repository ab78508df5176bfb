import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ConversionFeedbackService } from 'nestjs-conversion-feedback';
import { stepClock } from './wall-clock.js';

/** What the harness asks of an app, and does to it. */
@Controller()
export class ControlController {
  constructor(
    @Inject(ConversionFeedbackService) private readonly feedback: ConversionFeedbackService,
  ) {}

  @Get('counts')
  counts() {
    return this.feedback.counts();
  }

  @Get('failed')
  failed() {
    return this.feedback.failed({ limit: 1_000_000 });
  }

  /** Keeps the event loop busy, as a synchronous computation would. */
  @Post('stall')
  @HttpCode(204)
  stall(@Body() { ms }: { ms: number }): void {
    const end = performance.now() + ms;
    while (performance.now() < end);
  }

  /** Steps the wall clock of this process to so many ms beside the real time. */
  @Post('clock')
  @HttpCode(204)
  clock(@Body() { ms }: { ms: number }): void {
    stepClock(ms);
  }
}
