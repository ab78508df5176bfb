import type { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { FailedReport } from '../../conversion-report.js';
import { ReportRef, jobIdOf, reportOf } from './job-id.js';
import { Outbox } from './outbox.js';
import { RedisBooks } from './redis-books.js';
import { ReportJob, failureIn, reportIn } from './report-job.js';

/** Failed jobs that are looked through in one go. */
const PAGE = 500;

/** A job may be gone by the time it is read. */
type MaybeJob = Job<ReportJob> | undefined;

/** BullMQ's failed set: the reports that aren't tried again by themselves. */
export class FailedJobs {
  constructor(
    private readonly queue: Queue<ReportJob>,
    private readonly redis: Redis,
    private readonly books: RedisBooks,
    private readonly outbox: Outbox,
  ) {}

  count(): Promise<number> {
    return this.books.guard(this.redis.zcard(this.queue.toKey('failed')));
  }

  /** The latest first. */
  async latest(limit: number): Promise<FailedReport[]> {
    // BullMQ waits for a Redis that is away; whoever asks here is told.
    await this.count();
    const jobs: MaybeJob[] = await this.queue.getJobs(['failed'], 0, limit - 1);
    return jobs.flatMap((job) => {
      const ref = reportOf(job?.id);
      if (!job || !ref) return [];
      const failedAt = new Date(job.finishedOn ?? job.timestamp);
      return [{ ...reportIn(ref, job), ...failureIn(job), failedAt }];
    });
  }

  /**
   * Puts failed reports back on their way, each as a job of its own; the failed job goes then.
   * @param messageUuid only this message's
   */
  async retry(messageUuid?: string): Promise<number> {
    let count = 0;
    for await (const ids of this.#pages()) {
      const refs = ids.flatMap((id) => reportOf(id) ?? []);
      const isMeant = (ref: ReportRef) =>
        messageUuid === undefined || ref.messageUuid === messageUuid;
      count += await this.#retry(refs.filter(isMeant));
    }
    return count;
  }

  /**
   * The ids of all that have failed by now. Redis leaves none out for what comes and goes meanwhile, as
   * counting places would; it may tell one twice, which is retried once all the same.
   */
  async *#pages(): AsyncGenerator<string[]> {
    const key = this.queue.toKey('failed');
    const [, latest] = await this.books.guard(this.redis.zrange(key, -1, -1, 'WITHSCORES'));
    let cursor = '0';
    do {
      const scan = this.redis.zscan(key, cursor, 'COUNT', PAGE);
      const [next, found] = await this.books.guard(scan);
      // What fails again meanwhile isn't retried again: that might have no end.
      yield found.filter((_, i) => i % 2 === 0 && Number(found[i + 1]) <= Number(latest));
      cursor = next;
    } while (cursor !== '0');
  }

  async #retry(refs: readonly ReportRef[]): Promise<number> {
    const jobs: MaybeJob[] = await Promise.all(refs.map((ref) => this.queue.getJob(jobIdOf(ref))));
    const failed = jobs.flatMap((job, i) =>
      job ? [{ ...refs[i], report: reportIn(refs[i], job) }] : [],
    );
    if (failed.length === 0) return 0;
    const entries = await this.books.retryFailed(failed);
    this.outbox.send(entries);
    return entries.length;
  }
}
