import type { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { FailedReport } from '../../conversion-report.js';
import { reportOf } from './job-id.js';
import { Outbox } from './outbox.js';
import { RedisBooks } from './redis-books.js';
import { ReportJob, failureIn, reportIn } from './report-job.js';

/** Failed jobs that are looked through in one go. */
const PAGE = 500;

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
    const jobs = await this.#jobs(0, limit);
    return jobs.flatMap((job) => {
      const ref = reportOf(job.id);
      if (!ref) return [];
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
    let seen = 0;
    const all = await this.count();
    while (seen < all) {
      const jobs = await this.#jobs(seen, PAGE);
      if (jobs.length === 0) break;
      seen += jobs.length;
      count += await this.#retry(jobs, messageUuid);
    }
    return count;
  }

  async #retry(jobs: readonly Job<ReportJob>[], messageUuid?: string): Promise<number> {
    const failed = jobs.flatMap((job) => {
      const ref = reportOf(job.id);
      const isMeant = messageUuid === undefined || ref?.messageUuid === messageUuid;
      return ref && isMeant ? [{ ...ref, report: reportIn(ref, job) }] : [];
    });
    if (failed.length === 0) return 0;
    const entries = await this.books.retryFailed(failed);
    this.outbox.send(entries);
    return entries.length;
  }

  /** BullMQ waits for a Redis that is away; whoever asks here is told. */
  async #jobs(from: number, count: number): Promise<Job<ReportJob>[]> {
    await this.count();
    return this.queue.getJobs(['failed'], from, from + count - 1);
  }
}
