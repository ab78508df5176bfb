/** A report, as its job names it. */
export interface ReportRef {
  readonly messageUuid: string;
  /** Grows with each new status of the message, and each retry by hand. */
  readonly revision: string;
}

/** BullMQ keeps one job of an id: a report that is added twice is one job all the same. */
export function jobIdOf({ messageUuid, revision }: ReportRef): string {
  return `${messageUuid}-${revision}`;
}

/** The report of a job; undefined where the job is none of ours. */
export function reportOf(jobId: string | undefined): ReportRef | undefined {
  const [, messageUuid, revision] = /^(.+)-(\d+)$/.exec(jobId ?? '') ?? [];
  return messageUuid === undefined ? undefined : { messageUuid, revision };
}
