import { ConversionReport } from '../../conversion-report.js';
import { reportOf } from './job-id.js';
import { statusOf } from './status-letter.js';

/** A report that is recorded, and may not be a job yet. */
export interface OutboxEntry {
  /** As it stands in Redis. */
  readonly raw: string;
  readonly jobId: string;
  readonly report: ConversionReport;
  /** The job of an older report of the message, which this one takes the place of. */
  readonly replacedJobId?: string;
}

/** Reads what the scripts write: `job|status|moment|job whose place it takes`. */
export function readEntry(raw: string): OutboxEntry {
  const [jobId, letter, moment, replacedJobId] = raw.split('|');
  const { messageUuid } = reportOf(jobId)!;
  const timestamp = new Date(Number(moment));
  return {
    raw,
    jobId,
    report: { messageUuid, status: statusOf(letter), timestamp },
    ...(replacedJobId ? { replacedJobId } : {}),
  };
}
