import type { Job, JobType, Queue } from 'bullmq';
import { reportOf } from './job-id.js';
import { RedisBooks } from './redis-books.js';
import { ReportJob, reportIn } from './report-job.js';

/** Jobs of a kind that are looked at, at either end. */
const AMONG = 100;
/** Where the jobs of reports on their way are. */
const WAITING: JobType[] = ['active', 'waiting', 'prioritized'];

/**
 * The timestamp of the oldest report on its way. Of very many it looks at those that have waited the
 * longest, and at those that are due last, since they failed most often.
 */
export async function oldestPending(
  queue: Queue<ReportJob>,
  books: RedisBooks,
): Promise<Date | undefined> {
  // The job of one that was delivered stays a moment longer than it is pending.
  if ((await books.totals()).pending === 0) return undefined;
  const unsent = books.oldestUnsent();
  const looks = Promise.all([
    ...WAITING.map((kind) => queue.getJobs(kind, 0, AMONG - 1, true)),
    queue.getJobs('delayed', 0, AMONG - 1, true),
    queue.getJobs('delayed', 0, AMONG - 1, false),
  ]);
  const [entry, jobs] = await Promise.all([unsent, books.guard(looks)]);
  const moments = jobs.flat().flatMap(momentOf);
  if (entry) moments.push(entry.report.timestamp.getTime());
  return moments.length > 0 ? new Date(Math.min(...moments)) : undefined;
}

/** A job may be gone by the time it is read, and people may add jobs that aren't ours. */
function momentOf(job: Job<ReportJob> | undefined): number[] {
  const ref = reportOf(job?.id);
  return job && ref ? [reportIn(ref, job).timestamp.getTime()] : [];
}
