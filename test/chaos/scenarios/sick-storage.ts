import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { get } from '../harness/client.js';
import { Disk } from '../harness/disk.js';
import { inFreshFolder } from '../harness/fresh-folder.js';
import { quantile, ratioOf } from '../harness/quantile.js';
import { SeededRandom } from '../harness/random.js';
import { sicknesses, type Sickness, type Ward } from '../harness/sicknesses.js';
import { chaosTime } from '../harness/time.js';
import { Twins } from '../harness/twins.js';
import { inWorld, type Figure, type Scenario, type World } from './scenario.js';

/** The module's default, in ms, and what a response may take beyond it. */
const RECORD_TIMEOUT = 250;
const ALLOWANCE = 20;
/** Times the undecorated handler's p99, once the fault is known. */
const DEARER = 1.1;
/** A fault lasts for so many ms at least. */
const LASTS = 5_000;
/** Verifications that are tracked for the time in which a fault is found out. */
const TO_FIND_OUT = 300;
/** Longest wait until conversions are recorded again, in ms, and until all are delivered. */
const LONGEST_RECOVERY = 30_000;
const PATIENCE = 60_000;

/** Every way in which a store can be sick, one after the other: a login must not notice. */
export const sickStorage: Scenario = {
  name: 'sick-storage',
  unit: 'requests',
  whole: 100_000,
  async run({ seed, rounds, onProgress }) {
    const share = Math.ceil(rounds / sicknesses.length);
    const figures: Figure[] = [];
    const violations: string[] = [];
    let requests = 0;
    for (const [index, sickness] of sicknesses.entries()) {
      const course = await suffer(sickness, share, new SeededRandom(seed).fork(index));
      requests += course.requests;
      figures.push(...course.figures);
      violations.push(...course.violations);
      onProgress?.(requests, rounds);
    }
    return { figures: [{ name: 'requests', value: requests }, ...figures], violations };
  },
};

interface Course {
  readonly requests: number;
  readonly figures: readonly Figure[];
  readonly violations: readonly string[];
}

/** Lets an app live through one sickness of its store. */
function suffer(sickness: Sickness, requests: number, random: SeededRandom): Promise<Course> {
  return inFreshFolder(async (folder) => {
    const place = join(folder, 'disk');
    await mkdir(place);
    const disk = await mountFor(sickness, place, join(folder, 'image'));
    const store = join(place, 'store');
    try {
      const module = { delivery: { rateLimit: false } } as const;
      const { workers } = sickness;
      return await inWorld(
        { service: { path: store, module, workers }, provider: { takesUnknown: true } },
        (world) =>
          new Illness(sickness, world, { service: world.service, store, disk }, random).run(
            requests,
          ),
      );
    } finally {
      await disk?.unmount();
    }
  });
}

function mountFor(
  { disk }: Sickness,
  place: string,
  image: string,
): Promise<Disk | undefined> | undefined {
  if (disk === 'tmpfs') return Disk.tmpfs(place);
  return disk && Disk.journaled(place, image);
}

/** From health to sickness and back. */
class Illness {
  readonly #twins: Twins;
  readonly #violations: string[] = [];
  readonly #figures: Figure[] = [];
  #cure!: () => Promise<void> | void;
  #began = 0;

  constructor(
    private readonly sickness: Sickness,
    private readonly world: World,
    private readonly ward: Ward,
    private readonly random: SeededRandom,
  ) {
    this.#twins = new Twins(random);
  }

  async run(requests: number): Promise<Course> {
    const { service, provider } = this.world;
    const healthy = Math.ceil(requests / 10);
    await this.#twins.track(await service.url, TO_FIND_OUT + Math.ceil(requests / 4));
    await this.#twins.alternate(await service.url, healthy);
    await service.drain(PATIENCE);
    this.#twins.slices();

    // Reports that can't leave make the store grow.
    if (!this.sickness.forgets) await provider.down('refuse');
    await this.#fallSick();
    await this.#endure(requests - healthy);
    await this.#recover();
    await this.#takeStock();
    this.#violations.push(...this.#twins.differences);
    const named = (text: string) => `${this.#name}: ${text}`;
    return {
      requests: this.#twins.requests,
      figures: this.#figures.map((figure) => ({ ...figure, name: named(figure.name) })),
      violations: this.#violations.map(named),
    };
  }

  get #name(): string {
    const instead = this.sickness.disk && !this.ward.disk;
    return instead ? `${this.sickness.name} (by prlimit: no right to mount)` : this.sickness.name;
  }

  async #fallSick(): Promise<void> {
    const { service } = this.world;
    const begin = async (): Promise<void> => {
      this.#began = chaosTime();
      this.#cure = await this.sickness.begin(this.ward);
    };
    if (this.sickness.atBoot) {
      await service.terminate();
      // A limit needs a process to limit.
      const late = this.sickness.disk !== undefined && !this.ward.disk;
      if (!late) await begin();
      const started = chaosTime();
      service.spawn();
      if (late) await begin();
      await service.url;
      const took = Math.round(chaosTime() - started);
      this.#figures.push({ name: 'boots and listens after, ms', value: took });
      return;
    }
    await this.#longestWait();
    await begin();
    const { ours, peer, noticed } = await this.#twins.findOut(await service.url);
    const [p99, plainly] = [quantile(ours, 0.99), quantile(peer, 0.99)];
    this.#figures.push({
      name: `p99 while it ${noticed ? 'is found out' : 'goes unnoticed'}, ms (undecorated)`,
      value: `${Math.round(p99)} (${Math.round(plainly)})`,
      promised: `at most ${RECORD_TIMEOUT + ALLOWANCE} + undecorated`,
    });
    if (p99 > RECORD_TIMEOUT + ALLOWANCE + plainly)
      this.#violations.push(`p99 was ${Math.round(p99)} ms while it was found out`);
  }

  async #endure(requests: number): Promise<void> {
    const url = await this.world.service.url;
    if (this.sickness.atBoot) await this.#longestWait();
    await this.#twins.alternate(url, requests);
    const slices = this.#twins.slices();
    await sleep(Math.max(0, this.#began + LASTS - chaosTime()));
    const wait = await this.#longestWait();
    const lasted = chaosTime() - this.#began;

    const { value, low, high } = ratioOf(slices, 0.99, this.random);
    this.#figures.push(
      {
        name: 'p99 then, times the undecorated (95 % bounds)',
        value: `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`,
        promised: `at most ${DEARER}`,
      },
      {
        name: 'longest wait of the event loop, ms (the fault lasted)',
        value: `${Math.round(wait)} (${Math.round(lasted)})`,
      },
    );
    if (low > DEARER) this.#violations.push(`p99 was ${value.toFixed(2)} times the undecorated`);
    if (wait > LASTS / 2)
      this.#violations.push(`the event loop stood still for ${Math.round(wait)} ms`);
  }

  async #longestWait(): Promise<number> {
    const answer = await get(`${await this.world.service.url}/longest-wait`);
    return (answer?.body as { ms: number } | undefined)?.ms ?? Infinity;
  }

  /** Puts it right, and waits until a new verification is recorded within its response. */
  async #recover(): Promise<void> {
    const { provider } = this.world;
    await this.#cure();
    const cured = chaosTime();
    while (!(await this.#records())) {
      if (chaosTime() - cured > LONGEST_RECOVERY) {
        this.#violations.push(`nothing is recorded again after ${LONGEST_RECOVERY} ms`);
        break;
      }
      await sleep(100);
    }
    const took = Math.round(chaosTime() - cured);
    this.#figures.push({ name: 'recording goes on after, ms', value: took });
    await provider.heal();
  }

  async #records(): Promise<boolean> {
    const verificationId = randomUUID();
    const { service } = this.world;
    await service.post('/track', { verificationId, messageUuid: randomUUID() });
    const answer = await service.post('/verify', { verificationId, code: 'right' });
    return answer?.headers.has('x-settled-at') ?? false;
  }

  /** All that was recorded is delivered; what was held in memory is, too, unless it was dropped. */
  async #takeStock(): Promise<void> {
    const { service, provider, records } = this.world;
    const held = () => [...this.#twins.accepted].filter((uuid) => !records.recorded.has(uuid));
    // What is held in memory follows the first write that succeeds within a second or two.
    const giveUpAt = chaosTime() + (this.sickness.forgets ? 0 : LONGEST_RECOVERY);
    while (held().length > records.dropped && chaosTime() < giveUpAt) await sleep(100);
    const pending = await service.drain(PATIENCE);
    const taken = new Set(
      (await provider.requests()).flatMap((request) =>
        request.taken && request.messageUuid ? [request.messageUuid] : [],
      ),
    );
    const lost = [...records.recorded.keys()].filter((uuid) => !taken.has(uuid));
    const unrecorded = held();
    this.#figures.push(
      { name: 'recorded', value: records.recorded.size },
      { name: 'recorded, and not delivered', value: lost.length, promised: '0' },
      { name: 'answered, and not recorded', value: unrecorded.length },
      { name: 'dropped beyond 10,000 held, as the app says', value: records.dropped },
    );
    if (pending > 0) this.#violations.push(`${pending} reports are pending long after the cure`);
    if (lost.length > 0)
      this.#violations.push(`${lost.length} recorded reports were not delivered`);
    if (!this.sickness.forgets && unrecorded.length > records.dropped)
      this.#violations.push(`${unrecorded.length} conversions were lost, and not said to be`);
    if (!(await service.counts())) this.#violations.push(`the app is gone:\n${service.output}`);
  }
}
