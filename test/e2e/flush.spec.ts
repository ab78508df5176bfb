import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Post } from '@nestjs/common';
import {
  ConversionCounts,
  MemoryConversionStorage,
  Settlement,
  TrackConversion,
  VerificationOutcome,
} from '../../lib/index.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { RunningApp, startApp } from '../support/app.js';
import { Child } from '../support/child.js';

@Controller()
class VerifyController {
  @Post('verify')
  @TrackConversion()
  verify() {
    return {};
  }
}

/** A storage that takes long to record and to count, as long as it is told. */
class Slow extends MemoryConversionStorage {
  readonly settling = signal();
  readonly maySettle = signal();
  readonly counted = signal();
  readonly mayTell = signal();

  override async settle(outcome: VerificationOutcome): Promise<Settlement> {
    this.settling.fire();
    await this.maySettle.fired;
    return super.settle(outcome);
  }

  override async counts(): Promise<ConversionCounts> {
    const counts = await super.counts();
    this.counted.fire();
    await this.mayTell.fired;
    return counts;
  }
}

function signal() {
  let fire!: () => void;
  const fired = new Promise<void>((resolve) => (fire = resolve));
  return { fire, fired };
}

describe('flush', () => {
  let sandbox: PlivoSandbox;
  let app: RunningApp;
  let storage: Slow;

  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
    storage = new Slow();
    const options = { storage, recordTimeout: 20_000 };
    app = await startApp({ sandbox, controllers: [VerifyController], options });
  });

  afterEach(async () => {
    await app.close();
    await sandbox.stop();
  });

  it('waits for the report of a conversion that is recorded while it counts', async () => {
    const message = { dst: '+14155550123', src: '14155550100', text: 'Code 123456' };
    await app.feedback.send({ verificationId: 'v', ...message });
    sandbox.fail({ delay: 200, on: 'conversion' });
    const verifying = app.post('/verify', { verificationId: 'v' });
    await storage.settling.fired;

    const flushing = app.feedback.flush();
    await storage.counted.fired;
    storage.maySettle.fire();
    await verifying;
    storage.mayTell.fire();

    expect(await flushing).toBe(true);
    expect(sandbox.conversions).toHaveLength(1);
  });
});

describe('a script that flushes', () => {
  it('lives until its report is delivered, and goes on to its end', async () => {
    const sandbox = await PlivoSandbox.start();
    sandbox.fail({ status: 503, on: 'conversion' });
    const { url, authId, authToken } = sandbox;
    const env = { PROVIDER_URL: url, AUTH_ID: authId, AUTH_TOKEN: authToken };
    const script = await Child.start('test/support/processes/script.mjs', env);
    try {
      expect(await script.ended()).toBe(0);
      expect(script.output).toBe('flushed: true\nclosed\n');
      expect(sandbox.conversions).toHaveLength(1);
    } finally {
      await script.stop();
      await sandbox.stop();
    }
  });
});
