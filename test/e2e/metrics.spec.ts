import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Post } from '@nestjs/common';
import {
  ConversionFeedbackModule,
  ConversionFeedbackService,
  ConversionStatus,
  LmdbConversionStorage,
  MemoryConversionStorage,
  StorageError,
  TrackConversion,
} from '../../lib/index.js';
import { CLOCK } from '../../lib/delivery/clock.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { SeededRandom } from '../chaos/harness/random.js';
import { RunningApp, startApp } from '../support/app.js';
import { ShiftableClock } from '../support/clocks.js';
import { markersIn } from '../support/forms.js';
import { Prometheus, Scrape } from '../support/prometheus.js';
import { newUuid } from '../support/storage-host.js';
import { tempFolder } from '../support/temp-folder.js';
import { traffic } from '../support/traffic.js';
import { until } from '../support/until.js';

const HOUR = 3_600_000;
const NUMBER = '14155550123';
const CODE = '90471147';
const ROOT = join(import.meta.dirname, '../..');
const STATUS = 'conversion_feedback_status';
const CAUSE = 'conversion_feedback_cause';
const CLASS = 'conversion_feedback_http_status_class';
const ANSWER = 'conversion_feedback_answer';
const ACCOUNT = 'conversion_feedback_account';

@Controller()
class OtpController {
  constructor(private readonly feedback: ConversionFeedbackService) {}

  @Post('send')
  send(@Body() { verificationId }: { verificationId: string }) {
    const text = `Your code is ${CODE}.`;
    return this.feedback.send({ verificationId, dst: NUMBER, src: '14155550100', text });
  }

  @Post('verify')
  @TrackConversion()
  verify(@Body() { code }: { verificationId: string; code: string }) {
    return { verified: code === CODE };
  }

  @Post('sent-25-s-ago')
  async track(@Body() { verificationId, messageUuid }: Record<string, string>) {
    await this.feedback.track(verificationId, messageUuid, {
      sentAt: new Date(Date.now() - 25_000),
    });
  }

  @Post('report')
  report(@Body() { messageUuid }: { messageUuid: string }) {
    return this.feedback.reportMessage(messageUuid, ConversionStatus.NOT_CONVERTED);
  }
}

/** Numbers as an operator sees them, beside those that the provider and the test counted themselves. */
describe('metrics, scraped from an app in which much goes wrong', () => {
  let prometheus: Prometheus;
  let sandbox: PlivoSandbox;
  let clock: ShiftableClock;
  let app: RunningApp;
  const secrets: string[] = [];

  const start = async (storage = new MemoryConversionStorage()): Promise<void> => {
    clock = new ShiftableClock();
    app = await startApp({
      sandbox,
      controllers: [OtpController],
      options: {
        storage,
        expireAfter: 3_600_000,
        delivery: { backoff: { initial: 1, max: 1 } },
      },
      override: (builder) => builder.overrideProvider(CLOCK).useValue(clock),
    });
  };

  const send = async (verificationId: string): Promise<string> => {
    secrets.push(verificationId);
    const response = await app.post('/send', { verificationId });
    return ((await response.json()) as { messageUuid: string }).messageUuid;
  };

  const verify = (verificationId: string, code = CODE) =>
    app.post('/verify', { verificationId, code });

  const pausedBy = (scrape: Scrape) =>
    Object.fromEntries(
      ['refused', 'down', 'slowed'].map((cause) => [
        cause,
        scrape.sum('delivery_paused', { [CAUSE]: cause }),
      ]),
    );

  beforeEach(async () => {
    // After the library was imported: an app's SDK may come as late as the boot.
    prometheus = await Prometheus.start();
    sandbox = await PlivoSandbox.start({ authToken: 'TOKENMARKER0123' });
    secrets.splice(0, Infinity, NUMBER, CODE, sandbox.authToken, sandbox.authId);
  });

  afterEach(async () => {
    await app?.close();
    await sandbox.stop();
    await prometheus.stop();
  });

  /** What an app meets on a bad day: each of the metrics gets a number. */
  const badDay = async (): Promise<void> => {
    for (const id of ['resent', 'resent', 'wrong', 'rejected', 'retried', 'open'])
      await send(`${id}-verification`);
    await verify('resent-verification');
    await verify('wrong-verification', '1');
    await verify('never-heard-of');
    await app.events.until('delivered', 2);

    sandbox.fail({ status: 422, times: 1, on: 'conversion' });
    await verify('rejected-verification');
    await app.events.until('failed');

    sandbox.fail({ status: 503, times: 2, on: 'conversion' });
    await verify('retried-verification');
    await app.events.until('delivered', 3);

    const messageUuid = newUuid();
    secrets.push(messageUuid, 'typed-slowly-verification');
    await app.post('/sent-25-s-ago', { verificationId: 'typed-slowly-verification', messageUuid });
    await verify('typed-slowly-verification');
    // The sandbox never sent it.
    await app.events.until('failed', 2);
  };

  it('count what the provider and the app counted', async () => {
    await start();
    await badDay();
    const scrape = await prometheus.scrape();

    const requests = sandbox.requests.filter(({ path }) => path.endsWith('/conversion/'));
    const accepted = (status: string) =>
      sandbox.conversions.filter((conversion) => String(conversion.status) === status).length;
    const { counts, failed } = {
      counts: await app.feedback.counts(),
      failed: await app.feedback.failed(),
    };
    expect(scrape.sum('messages_tracked_total')).toBe(sandbox.messages.length + 1);
    expect(scrape.sum('reports_recorded_total')).toBe(5);
    expect(scrape.sum('reports_recorded_total', { [STATUS]: 'CONVERTED_WITH_OTHERS' })).toBe(1);
    expect(scrape.sum('outcomes_unmatched_total')).toBe(1);
    for (const status of ['CONVERTED', 'CONVERTED_WITH_OTHERS'])
      expect(scrape.sum('reports_delivered_total', { [STATUS]: status })).toBe(accepted(status));
    expect(accepted('CONVERTED')).toBe(2);
    expect(scrape.sum('reports_retried_total', { [CLASS]: '5xx' })).toBe(2);
    expect(scrape.sum('reports_failed_total', { [CLASS]: '4xx' })).toBe(failed.length);
    expect(failed).toHaveLength(2);
    expect(scrape.sum('reports_kept')).toBe(counts.failed);
    expect(scrape.sum('messages_open')).toBe(counts.open);
    expect(counts.open).toBe(2);
    expect(scrape.of('reports_pending').map(({ value }) => value)).toEqual([0]);
    expect(scrape.sum('delivery_duration_count')).toBe(requests.length);
    expect(scrape.sum('delivery_duration_count', { [ANSWER]: 'done', [CLASS]: '2xx' })).toBe(
      sandbox.conversions.length,
    );
    expect(scrape.sum('delivery_duration_count', { [CLASS]: '5xx' })).toBe(2);
    expect(scrape.sum('delivery_duration_sum')).toBeGreaterThan(0);
    expect(scrape.sum('conversion_duration_count')).toBe(4);
    // One code was typed between 20 and 30 s after it was sent, the others at once.
    expect(scrape.sum('conversion_duration_bucket', { le: '20' })).toBe(3);
    expect(scrape.sum('conversion_duration_bucket', { le: '30' })).toBe(4);
    expect(pausedBy(scrape)).toEqual({ refused: 0, down: 0, slowed: 0 });
  });

  it('tell of 20,000 verifications what a count by hand does', async () => {
    app = await startApp({ sandbox, options: { storage: new MemoryConversionStorage() } });
    await sandbox.down();
    const now = Date.now();
    const span = { from: now - 6 * HOUR, length: 6 * HOUR, count: 20_000 };
    const rates = [0.9, 0.86, 0.82, 0.78, 0.71, 0.64, 0.6, 0.41];
    const countries = rates.map((rate, index) => {
      return { name: `C${index}`, weight: index + 1, rateAt: () => rate };
    });
    const took: number[] = [];
    for (const { sentAt, convertedAt } of traffic(new SeededRandom(20_261_126), span, countries)) {
      const id = newUuid();
      await app.feedback.track(id, newUuid(), { sentAt: new Date(sentAt) });
      if (convertedAt === undefined || convertedAt > now) continue;
      took.push((convertedAt - sentAt) / 1_000);
      await app.feedback.report(id, undefined, { timestamp: new Date(convertedAt) });
    }
    const scrape = await prometheus.scrape();

    expect(scrape.sum('messages_tracked_total')).toBe(20_000);
    expect(scrape.sum('messages_open')).toBe(20_000 - took.length);
    expect(scrape.sum('reports_recorded_total', { [STATUS]: 'CONVERTED' })).toBe(took.length);
    expect(scrape.sum('reports_recorded_total')).toBe(took.length);
    expect(scrape.sum('reports_pending')).toBe(took.length);
    const buckets = scrape.of('conversion_duration_bucket');
    expect(buckets.length).toBeGreaterThan(10);
    for (const { labels, value } of buckets) {
      const bound = labels.le === '+Inf' ? Infinity : Number(labels.le);
      expect([bound, value]).toEqual([bound, took.filter((seconds) => seconds <= bound).length]);
    }
    const sum = took.reduce((all, seconds) => all + seconds, 0);
    expect(scrape.sum('conversion_duration_sum')).toBeCloseTo(sum, 3);
  });

  it('count from zero, so that an alert sees the first outcome that is lost', async () => {
    await start();
    const scrape = await prometheus.scrape();
    for (const name of [
      'messages_tracked',
      'messages_expired',
      'outcomes_unmatched',
      'writes_dropped',
    ])
      expect(scrape.of(`${name}_total`).map(({ value }) => value)).toEqual([0]);
  });

  it('count messages that expire, and their reports', async () => {
    await start();
    await send('v');
    clock.shift(3_600_001);
    await app.events.until('delivered');
    const scrape = await prometheus.scrape();
    expect(scrape.sum('messages_expired_total')).toBe(1);
    expect(scrape.sum('reports_recorded_total', { [STATUS]: 'NOT_CONVERTED' })).toBe(1);
    expect(scrape.of('conversion_duration_count')).toEqual([]);
  });

  it('show what waits, and why delivery stands still, until it goes on', async () => {
    await start();
    await send('v');
    sandbox.fail({ status: 401, times: 1, on: 'conversion' });
    await verify('v');
    await app.events.until('paused');
    const refused = await prometheus.scrape();
    expect(pausedBy(refused)).toEqual({ refused: 1, down: 0, slowed: 0 });
    expect(refused.sum('reports_pending')).toBe(1);

    clock.shift(60_000);
    await app.events.until('delivered');
    const recovered = await prometheus.scrape();
    expect(pausedBy(recovered)).toEqual({ refused: 0, down: 0, slowed: 0 });
    expect(recovered.of('reports_pending').map(({ value }) => value)).toEqual([0]);

    sandbox.fail({ retryAfter: 60, times: 1, on: 'conversion' });
    await send('w');
    await verify('w');
    await app.events.until('paused', 2);
    expect(pausedBy(await prometheus.scrape())).toEqual({ refused: 0, down: 0, slowed: 1 });
  });

  it('count what could not be recorded, and tell that the storage is down', async () => {
    class Down extends MemoryConversionStorage {
      isDown = false;
      asked = 0;
      readonly #assertUp = (): void => {
        if (this.isDown) throw new StorageError('The disk is full');
      };
      override async track(...args: Parameters<MemoryConversionStorage['track']>) {
        this.#assertUp();
        return super.track(...args);
      }
      override async counts() {
        this.asked += 1;
        this.#assertUp();
        return super.counts();
      }
    }
    const storage = new Down();
    await start(storage);
    expect((await prometheus.scrape()).sum('storage_up')).toBe(1);
    expect(storage.asked).toBe(1);

    storage.isDown = true;
    const tracked = 10_007;
    for (let i = 0; i < tracked; i += 1) await app.feedback.track('v', newUuid());
    const scrape = await prometheus.scrape();
    expect(scrape.sum('writes_dropped_total')).toBe(tracked - 10_000);
    expect(scrape.of('storage_up').map(({ value }) => value)).toEqual([0]);
    expect(scrape.of('delivery_paused')).toHaveLength(3);

    storage.isDown = false;
    expect((await prometheus.scrape()).sum('storage_up')).toBe(1);
  });

  it('come within a second or so where the storage never answers', async () => {
    class Hung extends MemoryConversionStorage {
      override counts = () => new Promise<never>(() => {});
    }
    await start(new Hung());
    const scrape = await prometheus.scrape();
    expect(scrape.of('messages_open')).toEqual([]);
    expect(scrape.of('storage_up').map(({ value }) => value)).toEqual([0]);
    expect(scrape.of('delivery_paused')).toHaveLength(3);
  });

  it('are asked of the storage that is used by default', async () => {
    const folder = await tempFolder();
    await start(new LmdbConversionStorage({ path: folder.path }) as never);
    await send('v');
    await send('w');
    await verify('v');
    await app.events.until('delivered');
    const scrape = await prometheus.scrape();
    expect(scrape.sum('messages_open')).toBe(1);
    expect(scrape.sum('conversion_duration_count')).toBe(1);
    await app.close();
    await folder.remove();
  });

  it('tell one account from the other', async () => {
    const eu = await PlivoSandbox.start();
    app = await startApp({
      sandbox,
      imports: [
        ConversionFeedbackModule.forRoot({
          name: 'eu',
          authId: eu.authId,
          authToken: eu.authToken,
          baseUrl: eu.url,
          storage: new MemoryConversionStorage(),
        }),
      ],
    });
    await app.feedback.track('v', newUuid());
    const scrape = await prometheus.scrape();
    expect(scrape.sum('messages_tracked_total', { [ACCOUNT]: 'default' })).toBe(1);
    expect(scrape.sum('messages_tracked_total', { [ACCOUNT]: 'eu' })).toBe(0);
    expect(scrape.sum('messages_open', { [ACCOUNT]: 'default' })).toBe(1);
    expect(scrape.of('messages_open', { [ACCOUNT]: 'eu' }).map(({ value }) => value)).toEqual([0]);
    await eu.stop();
  });

  it('ask a closed app nothing more', async () => {
    let asked = 0;
    class Counted extends MemoryConversionStorage {
      override counts() {
        asked += 1;
        return super.counts();
      }
    }
    await start(new Counted());
    await prometheus.scrape();
    expect(asked).toBe(1);
    const { feedback } = app;
    await app.close();
    await prometheus.scrape();
    expect(asked).toBe(1);
    await expect(feedback.counts()).rejects.toThrow('The storage is not open');
  });

  it('hold no number, code, id or token, and few values', async () => {
    await start();
    await badDay();
    for (const { messageUuid } of sandbox.messages) secrets.push(messageUuid);
    const { text, samples } = await prometheus.scrape();
    expect(markersIn(text, secrets)).toEqual([]);
    expect(samples.length).toBeGreaterThan(50);
    const values = new Set(
      samples.flatMap(({ labels }) =>
        Object.entries(labels).flatMap(([label, value]) =>
          label.startsWith('conversion_feedback_') ? [`${label}=${value}`] : [],
        ),
      ),
    );
    expect([...values].sort()).toEqual(
      [
        `${ACCOUNT}=default`,
        `${ANSWER}=done`,
        `${ANSWER}=not-now`,
        `${ANSWER}=rejected`,
        `${CAUSE}=down`,
        `${CAUSE}=refused`,
        `${CAUSE}=slowed`,
        `${CLASS}=2xx`,
        `${CLASS}=4xx`,
        `${CLASS}=5xx`,
        `${STATUS}=CONVERTED`,
        `${STATUS}=CONVERTED_WITH_OTHERS`,
      ].sort(),
    );
  });

  it('are those of the dashboard and of the docs, name by name', async () => {
    const full = new StorageError('The disk is full');
    class FullOnceAsked extends MemoryConversionStorage {
      isFull = false;
      override async track(...args: Parameters<MemoryConversionStorage['track']>) {
        if (this.isFull) throw full;
        return super.track(...args);
      }
    }
    const storage = new FullOnceAsked();
    await start(storage);
    await badDay();
    clock.shift(3_600_001);
    await app.events.until('expired');
    storage.isFull = true;
    for (let i = 0; i < 10_001; i += 1) await app.feedback.track('v', newUuid());
    await until(async () => app.events.of('dropped').length > 0);
    const { samples, text } = await prometheus.scrape();
    const names = new Set(samples.map(({ name }) => name));
    const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));

    const dashboard = JSON.parse(
      await readFile(join(ROOT, 'docs/grafana-dashboard.json'), 'utf8'),
    ) as object;
    const docs = await readFile(join(ROOT, 'docs/observability.md'), 'utf8');
    const alerts = [...docs.matchAll(/`([^`]*\bconversion_feedback_[^`]*)`/g)];
    const queries = [...expressionsIn(dashboard), ...alerts.map(([, query]) => query)];
    expect(alerts.length).toBeGreaterThan(5);
    expect(queries.length - alerts.length).toBeGreaterThan(10);
    const asked = queries.map(namesIn);
    expect(asked.flatMap(({ metrics }) => metrics).filter((name) => !names.has(name))).toEqual([]);
    expect(asked.flatMap((query) => query.labels).filter((name) => !labels.has(name))).toEqual([]);

    const exposed = [...text.matchAll(/^# TYPE (conversion_feedback_\w+) (\w+)$/gm)];
    const drawn = expressionsIn(dashboard).flatMap((query) => namesIn(query).metrics);
    const shown = new Set(drawn.map(familyOf));
    expect(exposed.map(([, name]) => name).filter((name) => !shown.has(name))).toEqual([]);

    const documented = [...docs.matchAll(/^\| `(conversion_feedback\.[\w.]+)` +\| (\w+)/gm)];
    expect(
      documented
        .map(([, name, type]) => {
          const exported = name.replaceAll('.', '_');
          return type === 'counter' ? `${exported}_total counter` : `${exported} ${type}`;
        })
        .sort(),
    ).toEqual(exposed.map(([, name, type]) => `${name} ${type}`).sort());
  });
});

describe('an app without an OpenTelemetry SDK', () => {
  it('asks its storage nothing, and works as ever', async () => {
    let asked = 0;
    class Counted extends MemoryConversionStorage {
      override counts() {
        asked += 1;
        return super.counts();
      }
    }
    const sandbox = await PlivoSandbox.start();
    const app = await startApp({
      sandbox,
      controllers: [OtpController],
      options: { storage: new Counted() },
    });
    await app.post('/send', { verificationId: 'v' });
    await app.post('/verify', { verificationId: 'v', code: CODE });
    await app.events.until('delivered');
    expect(asked).toBe(0);
    await app.close();
    await sandbox.stop();
  });
});

/** Every query of a dashboard. */
function expressionsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'expr' && typeof inner === 'string' ? [inner] : expressionsIn(inner),
  );
}

/** The names in a PromQL query: labels stand in braces, or in the parentheses of by and without. */
function namesIn(query: string): { metrics: string[]; labels: string[] } {
  const ours = (text: string): string[] => text.match(/\bconversion_feedback_\w+/g) ?? [];
  const lists = /\{[^}]*\}|\b(?:by|without)\s*\([^)]*\)/g;
  return {
    metrics: ours(query.replaceAll(lists, '')),
    labels: (query.match(lists) ?? []).flatMap(ours),
  };
}

function familyOf(name: string): string {
  return name.replace(/_(bucket|sum|count)$/, '');
}
