import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { PlivoSandbox } from 'nestjs-conversion-feedback/sandbox';
import { startRedisServer } from '../../../scripts/redis-server.mjs';
import { Instance } from './instance.mjs';

/** Redis, the sandbox, two web instances and a worker. Ends what it started, in the order back. */
export class Cluster {
  #env;
  #onEnd;
  #started = [];
  #starting = Promise.resolve();
  #stopping = false;

  /**
   * @param env REDIS_URL or the PLIVO_ variables take the place of a Redis or a sandbox of its own
   * @param onEnd hears why, where one of the processes ends and nobody asked for it
   */
  constructor(env, onEnd) {
    this.#env = { ...env, OTP_SECRET: env.OTP_SECRET || randomBytes(32).toString('base64') };
    this.#onEnd = onEnd;
  }

  /** @param say hears, a line each, what there is */
  start(say) {
    return (this.#starting = this.#start(say));
  }

  async stop() {
    this.#stopping = true;
    await this.#stopAll();
    await this.#starting.catch(() => {});
    // What was on its way meanwhile.
    await this.#stopAll();
  }

  async #start(say) {
    const redisUrl = this.#env.REDIS_URL || (await this.#startRedis());
    if (this.#env.REDIS_URL) await reach(redisUrl);
    say(`Redis    ${placeOf(redisUrl)}`);

    const usesPlivo = ['PLIVO_AUTH_ID', 'PLIVO_AUTH_TOKEN', 'PLIVO_SRC'].some(
      (variable) => this.#env[variable],
    );
    if (!usesPlivo) {
      this.#goOn();
      this.sandbox = await PlivoSandbox.start();
      this.#started.push(this.sandbox);
      say(`sandbox  ${this.sandbox.url}, in Plivo's place`);
    }

    const shared = {
      ...this.#env,
      REDIS_URL: redisUrl,
      ...(this.sandbox && { SANDBOX_URL: this.sandbox.url }),
    };
    const web = { ...shared, PORT: '0', HOST: '127.0.0.1' };
    const instances = [
      this.#run('web 1', 'dist/web/main.js', web),
      this.#run('web 2', 'dist/web/main.js', web),
    ];
    this.worker = this.#run('worker', 'dist/worker/main.js', shared);
    this.webs = [];
    for (const instance of instances) {
      const [, url] = await instance.printed(/Listening on (http:\S+)/);
      this.webs.push(url);
      say(`${instance.name}    ${url}, process ${instance.pid}: records`);
    }
    await this.worker.printed(/Delivering/);
    say(`worker   no port, process ${this.worker.pid}: delivers`);
  }

  async #startRedis() {
    this.#goOn();
    const folder = await mkdtemp(join(tmpdir(), 'sample-cluster-'));
    this.#started.push({ stop: () => rm(folder, { recursive: true, force: true }) });
    const redis = await startRedisServer({ folder, appendonly: 'yes' });
    this.#started.push(redis);
    return `redis://127.0.0.1:${redis.port}`;
  }

  #run(name, script, env) {
    this.#goOn();
    const instance = new Instance(name, script, env, this.#onEnd);
    this.#started.push(instance);
    return instance;
  }

  #goOn() {
    if (this.#stopping) throw new Error('Stopped.');
  }

  async #stopAll() {
    while (this.#started.length > 0) await this.#started.pop().stop();
  }
}

/** The instances would wait for it, and say nothing here. */
async function reach(url) {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null });
  let reason;
  redis.on('error', (error) => (reason = error.message));
  try {
    await redis.connect();
  } catch (error) {
    const why = reason ?? error.message;
    throw new Error(`REDIS_URL can't be reached: ${placeOf(url)} (${why})`, { cause: error });
  } finally {
    redis.disconnect();
  }
}

/** Without the password. */
function placeOf(url) {
  return new URL(url).host;
}
