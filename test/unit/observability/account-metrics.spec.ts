import { afterEach, describe, expect, it } from '@jest/globals';
import { Observable } from 'rxjs';
import { ConversionFeedbackEvent, MemoryConversionStorage } from '../../../lib/index.js';
import { AccountCondition } from '../../../lib/observability/account-condition.js';
import { AccountMetrics } from '../../../lib/observability/account-metrics.js';
import { ManualClock } from '../../support/clocks.js';
import { Prometheus } from '../../support/prometheus.js';

describe('the metrics of an account', () => {
  const clock = new ManualClock();
  let prometheus: Prometheus | undefined;

  afterEach(() => prometheus?.stop());

  /** Starts them over events whose listeners are counted. */
  const listeners = () => {
    let count = 0;
    const events = new Observable<ConversionFeedbackEvent>(() => {
      count += 1;
      return () => (count -= 1);
    });
    const condition = new AccountCondition(
      new Observable(),
      new MemoryConversionStorage(),
      { isSick: false },
      clock,
    );
    const metrics = new AccountMetrics('default', events, condition, clock);
    return { metrics, count: () => count };
  };

  it('listen to nothing where no SDK is registered', () => {
    const { metrics, count } = listeners();
    metrics.start();
    expect(count()).toBe(0);
    metrics.stop();
  });

  it('listen from the start to the end where one is', async () => {
    prometheus = await Prometheus.start();
    const { metrics, count } = listeners();
    expect(count()).toBe(0);
    metrics.start();
    expect(count()).toBe(1);
    metrics.stop();
    expect(count()).toBe(0);
  });
});
