import { randomUUID } from 'node:crypto';
import { Clock, settlesWithin } from '../../delivery/clock.js';
import { Predecessor } from '../../delivery/caution.js';
import { Transact } from '../ledger/ledger-queue.js';
import { LeaseRecord, MetaTable } from './lmdb-tables.js';

/** How long a lease lasts from the moment it was asked for, in ms. */
const TERM = 3_000;
/** How long before its end the holder stops to trust it. */
const MARGIN = 500;
/** How often the holder asks for it anew. */
const RENEWAL = 1_000;
/** How often everybody looks. */
const LOOK = 250;
/** How long the release may take, in ms: it ends by itself, a term after its last renewal. */
const LONGEST_RELEASE = 300;

/** Who is told when this process may deliver, and when no longer. */
export interface LeaseHolder {
  /** @param predecessor who delivered before, where that was another one */
  acquired(predecessor?: Predecessor): void;
  lost(): void;
  /** Ms since its last request; Infinity where there was none. */
  lastRequestAgo(): number;
  /** Whether requests of its are in flight. */
  hasInFlight(): boolean;
}

/**
 * Which of the processes on one store delivers. The store holds one record: owner, and until when.
 *
 *     waiting ── the record is free, and a transaction puts our name in it ──> holding
 *        ^                                                                        │
 *        ├── trust ran out: no renewal was committed in time                   <──┤
 *        └── a renewal found another owner                                     <──┘
 *
 * - waiting: looks at the record every 250 ms, reading only. It is free when there is none, when
 *   its time is over, or when it lies further ahead than a term can: the clock it was written by
 *   has started anew since (the machine was restarted).
 * - holding: renews every second. It trusts its lease until half a second before the term it asked
 *   for ends, counted from before it asked: a slow commit can't stretch it. Whoever holds the store's
 *   write lock for longer makes the holder stop; nobody else can take over meanwhile either.
 *
 * Promises:
 * - no two processes trust the lease at the same moment;
 * - when the holder dies, another one holds it within `TERM` + `LOOK` and a commit: under 4 s. No
 *   process id is looked at, so a reused one can't block;
 * - a holder that ends in order releases it, and the next one takes over at its next look;
 * - whoever takes over is told when its predecessor made its last request, so that the rate limit
 *   holds over both, and whether requests may still be in flight: the record of a holder that ended
 *   in order says it, any other can have made one until its trust ran out.
 *
 * Time is the machine's clock since its start, one for all of its processes: nobody can set it.
 */
export class Lease {
  readonly #owner = randomUUID();
  #cancelLook?: () => void;
  #running = false;
  #holding = false;
  #trustedUntil = -Infinity;
  #renewAt = 0;
  #asking?: Promise<void>;
  /** Kept until the lease is trusted: a term may be over before its transaction is. */
  #predecessor?: Predecessor;

  constructor(
    private readonly meta: MetaTable,
    private readonly transact: Transact,
    private readonly clock: Clock,
    private readonly holder: LeaseHolder,
    private readonly now: () => number = sinceMachineStart,
  ) {}

  /** Whether this process may deliver at this very moment. */
  trusted(): boolean {
    return this.#holding && this.now() < this.#trustedUntil;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#look();
  }

  /** Releases the lease, if we have it. The holder isn't told: it is the one who asks. */
  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    this.#cancelLook?.();
    const release = async (): Promise<void> => {
      await this.#asking;
      if (!this.#holding) return;
      this.#holding = false;
      await this.transact(() => {
        if (this.meta.get('lease')?.owner === this.#owner) this.meta.put('lease', this.#released());
      });
    };
    await settlesWithin(this.clock, LONGEST_RELEASE, release()).catch(() => {});
  }

  #look(): void {
    if (!this.#running) return;
    if (this.#holding && this.now() >= this.#trustedUntil) this.#lose();
    if (!this.#asking && this.#shouldAsk()) {
      this.#asking = this.#ask().finally(() => (this.#asking = undefined));
    }
    this.#cancelLook = this.clock.after(LOOK, () => this.#look());
  }

  #shouldAsk(): boolean {
    if (this.#holding) return this.now() >= this.#renewAt;
    try {
      return this.#isFree(this.meta.get('lease'));
    } catch {
      // A store that can't be read gives no lease.
      return false;
    }
  }

  /** Never rejects: a store that can't be written gives no lease. */
  async #ask(): Promise<void> {
    const asked = this.now();
    const given = await this.transact(() => {
      const before = this.meta.get('lease');
      if (before?.owner !== this.#owner && !this.#isFree(before)) return 'taken';
      this.meta.put('lease', { owner: this.#owner, until: asked + TERM });
      return { predecessor: this.#known(before) };
    }).catch(() => undefined);
    if (given === undefined) return;
    if (given === 'taken') return this.#lose();
    this.#predecessor = given.predecessor ?? this.#predecessor;
    this.#renewAt = asked + RENEWAL;
    this.#trustedUntil = asked + TERM - MARGIN;
    if (this.#holding || this.now() >= this.#trustedUntil) return;
    this.#holding = true;
    const predecessor = this.#predecessor;
    this.#predecessor = undefined;
    if (this.#running) this.holder.acquired(predecessor);
  }

  #known(record: LeaseRecord | undefined): Predecessor | undefined {
    if (!record || record.owner === this.#owner) return undefined;
    const died = record.owner !== '';
    const lastRequest = died ? record.until - MARGIN : record.lastRequest;
    if (lastRequest === undefined) return undefined;
    return {
      died,
      lastRequestAgo: Math.max(0, this.now() - lastRequest),
      leftInFlight: died || record.leftInFlight === true,
    };
  }

  #released(): LeaseRecord {
    const record = { owner: '', until: 0 };
    const ago = this.holder.lastRequestAgo();
    if (ago === Infinity) return record;
    return { ...record, lastRequest: this.now() - ago, leftInFlight: this.holder.hasInFlight() };
  }

  #lose(): void {
    if (!this.#holding) return;
    this.#holding = false;
    this.holder.lost();
  }

  #isFree(record: LeaseRecord | undefined): boolean {
    const now = this.now();
    return !record || record.until <= now || record.until > now + TERM;
  }
}

function sinceMachineStart(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
