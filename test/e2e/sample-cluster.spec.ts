import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { Child } from '../support/child.js';
import { OtpClient, type Sent, wrongFor } from '../support/otp-client.js';
import { type Redis, startRedis } from '../support/redis.js';
import { until } from '../support/until.js';

const SAMPLE = 'sample/03-cluster';
const NUMBER = '+1 415 555 0123';
/** Longer than a worker's reports stay its own once it has died. */
const TAKEOVER = 25_000;

describe('sample/03-cluster', () => {
  let redis: Redis;
  let sandbox: PlivoSandbox;
  let webs: Child[];
  let worker: Child;
  let [one, two]: OtpClient[] = [];

  const start = (script: string, env: NodeJS.ProcessEnv = {}): Promise<Child> =>
    Child.start(`${SAMPLE}/dist/${script}`, {
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      SANDBOX_URL: sandbox.url,
      NO_COLOR: '1',
      ...env,
    });
  const startWorker = async (): Promise<Child> => {
    const started = await start('worker/main.js');
    await started.printed(/Delivering/);
    return started;
  };

  beforeAll(async () => {
    redis = await startRedis();
    sandbox = await PlivoSandbox.start();
    const web = { PORT: '0', OTP_SECRET: randomBytes(32).toString('base64') };
    webs = await Promise.all([start('web/main.js', web), start('web/main.js', web)]);
    worker = await startWorker();
    const clients = webs.map(async (child) => {
      const [url] = await child.printed(/Listening on (http:\/\/[\d.:]+)/);
      return new OtpClient(url, sandbox);
    });
    [one, two] = await Promise.all(clients);
  }, 120_000);

  afterEach(() => sandbox.reset());

  afterAll(async () => {
    await Promise.all([...webs, worker].map((child) => child.stop()));
    await sandbox.stop();
    await redis.stop();
  });

  const statusOf = async (browser: OtpClient, { verificationId, code }: Sent): Promise<number> =>
    (await browser.verify(verificationId, code)).status;

  /** A code that one instance sent, and the other one took. */
  async function logIn(): Promise<string> {
    const sent = await one.send(NUMBER);
    expect(await statusOf(two, sent)).toBe(200);
    return sent.messageUuid;
  }

  const reportRequests = (): number =>
    sandbox.requests.filter(({ path }) => path.endsWith('/conversion/')).length;

  const reported = (): string[] => sandbox.conversions.map(({ messageUuid }) => messageUuid);

  it('reports a login that began on one instance and ended on the other one', async () => {
    const before = Date.now();
    const messageUuid = await logIn();
    const after = Date.now();

    const conversion = await sandbox.waitForConversion(messageUuid, { timeout: 10_000 });
    expect(conversion.status).toBe('CONVERTED');
    expect(Date.parse(conversion.timestamp)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(conversion.timestamp)).toBeLessThanOrEqual(after);
    await worker.printed(new RegExp(`Reported ${messageUuid} CONVERTED`));
  });

  it('takes a code once where both instances try it at once, and reports it once', async () => {
    const sent: Sent[] = [];
    for (let i = 0; i < 20; i += 1) sent.push(await one.send(NUMBER));

    const statuses = await Promise.all(
      sent.map((code) => Promise.all([statusOf(one, code), statusOf(two, code)])),
    );

    for (const pair of statuses) expect(pair.sort()).toEqual([200, 410]);
    const all = sent.map(({ messageUuid }) => messageUuid);
    for (const messageUuid of all) {
      await sandbox.waitForConversion(messageUuid, { timeout: 10_000 });
    }
    // Whatever else there were would have come before that.
    all.push(await logIn());
    await sandbox.waitForConversion(all.at(-1)!, { timeout: 10_000 });
    expect(reported().sort()).toEqual(all.sort());
  });

  it('counts wrong tries over both instances: after 5 a code is burnt', async () => {
    const sent = await one.send(NUMBER);
    const wrong = { ...sent, code: wrongFor(sent.code) };

    for (const browser of [one, two, one, two, one]) {
      expect(await statusOf(browser, wrong)).toBe(401);
    }

    expect(await statusOf(two, sent)).toBe(410);
  });

  it(
    'reports all of it once, after a worker was killed with reports in flight and more to come',
    async () => {
      sandbox.fail({ on: 'conversion', hang: true, times: Infinity });
      const inFlight = [await logIn(), await logIn(), await logIn()];
      await until(async () => reportRequests() >= inFlight.length);
      worker.signal('SIGKILL');
      await worker.ended();
      sandbox.clearFaults();
      const meanwhile = [await logIn(), await logIn()];
      expect(sandbox.conversions).toEqual([]);

      worker = await startWorker();

      const all = [...inFlight, ...meanwhile];
      for (const messageUuid of all) {
        const { status } = await sandbox.waitForConversion(messageUuid, { timeout: TAKEOVER });
        expect(status).toBe('CONVERTED');
      }
      // It ends in order: nothing is in flight any more.
      await worker.stop();
      expect(reported().sort()).toEqual(all.sort());
    },
    TAKEOVER + 20_000,
  );
});
