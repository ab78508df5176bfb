import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SpanContext, TraceFlags } from '@opentelemetry/api';
import { ConversionStatus, DeliveryAnswer } from '../../../lib/index.js';
import { DeliverySpans } from '../../../lib/observability/delivery-spans.js';
import { Spans } from '../../support/spans.js';

const reason = { message: 'no' };

/** The span of the request with this number. */
function origin(number: number): SpanContext {
  const hex = number.toString(16);
  return {
    traceId: hex.padStart(32, '1'),
    spanId: hex.padStart(16, '1'),
    traceFlags: TraceFlags.SAMPLED,
  };
}

describe('which request recorded a report', () => {
  let spans: Spans;
  let deliveries: DeliverySpans;

  beforeEach(() => {
    spans = new Spans();
    deliveries = new DeliverySpans('default');
  });

  afterEach(() => spans.stop());

  /** Delivers, and tells what the span is linked to. */
  const deliver = async (
    messageUuid: string,
    answer: DeliveryAnswer = { kind: 'done' },
    meanwhile?: () => void,
  ): Promise<SpanContext[]> => {
    const report = { messageUuid, status: ConversionStatus.CONVERTED, timestamp: new Date() };
    const traced = deliveries.traced(async () => {
      meanwhile?.();
      return answer;
    });
    await traced(report);
    return spans.all.at(-1)!.links.map(({ context }) => context);
  };

  it('is remembered until the provider has it', async () => {
    deliveries.remember('a', origin(1));
    expect(await deliver('a', { kind: 'not-now', reason })).toEqual([origin(1)]);
    expect(await deliver('a', { kind: 'refused', reason, maybeOne: true })).toEqual([origin(1)]);
    expect(await deliver('a')).toEqual([origin(1)]);
    expect(await deliver('a')).toEqual([]);
  });

  it('is forgotten once the provider said that the report is wrong', async () => {
    deliveries.remember('a', origin(1));
    expect(await deliver('a', { kind: 'rejected', reason })).toEqual([origin(1)]);
    expect(await deliver('a')).toEqual([]);
  });

  it('is the one that recorded the newest status', async () => {
    deliveries.remember('a', origin(1));
    deliveries.remember('a', origin(2));
    expect(await deliver('a')).toEqual([origin(2)]);
    deliveries.remember('b', origin(1));
    deliveries.remember('b', undefined);
    expect(await deliver('b')).toEqual([]);
  });

  it('is remembered of a newer status that came while the older one was on its way', async () => {
    deliveries.remember('a', origin(1));
    const newer = () => deliveries.remember('a', origin(2));
    expect(await deliver('a', { kind: 'done' }, newer)).toEqual([origin(1)]);
    expect(await deliver('a')).toEqual([origin(2)]);
  });

  it('may become known while the request is under way', async () => {
    const recorded = () => deliveries.remember('a', origin(1));
    expect(await deliver('a', { kind: 'done' }, recorded)).toEqual([origin(1)]);
    expect(await deliver('a')).toEqual([]);
  });

  it('is remembered of the last 10,000 reports', async () => {
    for (let i = 1; i <= 10_001; i += 1) deliveries.remember(`message-${i}`, origin(i));
    expect(await deliver('message-1')).toEqual([]);
    expect(await deliver('message-2')).toEqual([origin(2)]);
    expect(await deliver('message-10001')).toEqual([origin(10_001)]);
  });
});
