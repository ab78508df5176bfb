import type { Job } from 'bullmq';
import { ConversionReport, FailureReason } from '../../conversion-report.js';
import { ConversionStatus } from '../../conversion-status.js';
import { ReportRef } from './job-id.js';

/** What a report's job holds besides its id and its name, the status. */
export interface ReportJob {
  readonly timestamp: string;
  /** What came of it, once the report has failed. */
  readonly failure?: FailureReason & { readonly attempts: number };
}

/** The report as its job tells it. */
export function reportIn({ messageUuid }: ReportRef, job: Job<ReportJob>): ConversionReport {
  const status = job.name as ConversionStatus;
  return { messageUuid, status, timestamp: new Date(job.data.timestamp) };
}

/** Why a job failed, and after how many requests. */
export function failureIn(job: Job<ReportJob>): { attempts: number; reason: FailureReason } {
  const { attempts = 1, ...reason } = job.data.failure ?? { message: job.failedReason };
  return { attempts, reason };
}
