import {
  Body,
  Controller,
  HttpCode,
  Inject,
  Post,
  UnauthorizedException,
  UseInterceptors,
} from '@nestjs/common';
import { ConversionFeedbackService, TrackConversion } from 'nestjs-conversion-feedback';
import { SettledHeaderInterceptor } from './settled-header.interceptor.js';
import { Witness } from './witness.js';

interface Attempt {
  readonly verificationId: string;
  /** `right`; anything else is wrong: `refused` is answered with 401, others with 200. */
  readonly code: string;
}

/** A login as an app would have one, except that everybody's code is "right". */
@Controller()
export class LoginController {
  constructor(
    @Inject(ConversionFeedbackService) private readonly feedback: ConversionFeedbackService,
    @Inject(Witness) private readonly witness: Witness,
  ) {}

  /** The text names the verification, so that the sandbox knows whose message it was. */
  @Post('send')
  async send(@Body() { verificationId }: { verificationId: string }) {
    const { messageUuid } = await this.feedback.send({
      verificationId,
      src: '14155550100',
      dst: '14155550123',
      text: verificationId,
    });
    return { messageUuid, trackedAt: this.witness.trackedAt.get(messageUuid) };
  }

  /** For messages that the app sent by other means. */
  @Post('track')
  async track(@Body() body: { verificationId: string; messageUuid: string }) {
    await this.feedback.track(body.verificationId, body.messageUuid);
    const { messageUuid } = body;
    return { messageUuid, trackedAt: this.witness.trackedAt.get(messageUuid) };
  }

  @Post('verify')
  @HttpCode(200)
  @TrackConversion()
  @UseInterceptors(SettledHeaderInterceptor) // the outer one of the two
  verify(@Body() attempt: Attempt) {
    return answerTo(attempt);
  }

  @Post('plain')
  @HttpCode(200)
  plain(@Body() attempt: Attempt) {
    return answerTo(attempt);
  }
}

function answerTo({ code }: Attempt): { success: boolean } {
  if (code === 'refused') throw new UnauthorizedException();
  return { success: code === 'right' };
}
