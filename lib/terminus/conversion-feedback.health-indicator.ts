import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { getConversionFeedbackToken } from '../conversion-feedback.account.js';
import { InvalidOptionsError } from '../conversion-feedback.errors.js';
import { ConversionFeedbackService } from '../conversion-feedback.service.js';
import type { Condition } from '../observability/account-condition.js';
import { readHealth } from '../validation/inputs.js';
import { requireTerminus } from './require-terminus.js';

/** Which account is looked at, and what counts as too old. */
export interface ConversionFeedbackHealthOptions {
  /** The account's name, as given to `forRoot`; default: the account without a name. */
  readonly name?: string;
  /**
   * Down once the oldest report on its way is older than so many ms. Default 3,600,000 (1 hour): a
   * report whose own requests fail has been tried more than ten times by then.
   */
  readonly maxPendingAge?: number;
}

/** What the indicator tells of an account, under the key it was given. */
export interface ConversionFeedbackHealth {
  readonly status: 'up' | 'down';
  /** What is wrong, and what to do; absent where nothing is. */
  readonly message?: string;
  /** Why delivery stands still; absent where it doesn't. */
  readonly paused?: 'refused' | 'down' | 'slowed';
  /** Since when it does, as an ISO 8601 time. */
  readonly pausedSince?: string;
  /** Timestamp of the oldest report on its way, as an ISO 8601 time; absent where none is. */
  readonly oldestPending?: string;
}

const MAX_PENDING_AGE = 3_600_000;

/**
 * Tells Terminus how conversion feedback is: a provider of the module that has the health endpoint.
 * What it says holds no credentials, ids, numbers or paths.
 *
 * ```ts
 * this.health.check([() => this.conversionFeedback.isHealthy('plivo')])
 * ```
 *
 * @throws Error at boot where @nestjs/terminus isn't installed
 */
@Injectable()
export class ConversionFeedbackHealthIndicator {
  constructor(private readonly moduleRef: ModuleRef) {
    requireTerminus();
  }

  /**
   * Down where Plivo refuses the credentials, the storage is down, or the oldest report on its way is
   * older than `maxPendingAge`. Answers within about a second, whatever the storage does.
   *
   * @param key under which Terminus shows it; default `conversionFeedback`
   * @throws InvalidOptionsError for an account that isn't there, or a bad age
   */
  async isHealthy<const Key extends string = 'conversionFeedback'>(
    key: Key = 'conversionFeedback' as Key,
    options: ConversionFeedbackHealthOptions = {},
  ): Promise<Record<Key, ConversionFeedbackHealth>> {
    const { name, maxPendingAge } = readHealth(options, { maxPendingAge: MAX_PENDING_AGE });
    const feedback = this.#account(name);
    // A double that a test puts in the service's place has nothing that could be wrong.
    const health: ConversionFeedbackHealth = ConversionFeedbackService.isReal(feedback)
      ? healthOf(await feedback.condition(), maxPendingAge)
      : { status: 'up' };
    return { [key]: health } as Record<Key, ConversionFeedbackHealth>;
  }

  #account(name?: string): ConversionFeedbackService {
    try {
      return this.moduleRef.get(getConversionFeedbackToken(name), { strict: false });
    } catch {
      const account = name === undefined ? '' : `{ name: ${JSON.stringify(name)} }`;
      const message = `\`name\` must be that of an account: there is no ConversionFeedbackModule.forRoot(${account})`;
      throw new InvalidOptionsError([{ field: 'name', message }]);
    }
  }
}

function healthOf(condition: Condition, maxPendingAge: number): ConversionFeedbackHealth {
  const { pause, oldestPending } = condition;
  const faults = faultsOf(condition, maxPendingAge);
  return {
    status: faults.length > 0 ? 'down' : 'up',
    ...(faults.length > 0 ? { message: faults.join('; ') } : {}),
    ...(pause ? { paused: pause.cause, pausedSince: pause.since.toISOString() } : {}),
    ...(oldestPending ? { oldestPending: oldestPending.toISOString() } : {}),
  };
}

/** Every fault, in the order in which they are best mended. */
function faultsOf(condition: Condition, maxPendingAge: number): string[] {
  const { pause, isStorageUp, isRecording, oldestPendingAge } = condition;
  const faults: string[] = [];
  if (pause?.cause === 'refused') {
    const status = pause.status === undefined ? '' : ` (${pause.status})`;
    faults.push(`Plivo refuses the credentials${status}: check authId and authToken`);
  }
  if (!isStorageUp) faults.push('the storage is down: the log says why');
  else if (!isRecording) faults.push("conversions can't be recorded: the log says why");
  if (oldestPendingAge > maxPendingAge)
    faults.push(`the oldest pending report is older than ${maxPendingAge} ms`);
  return faults;
}
