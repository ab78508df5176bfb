import { Transform } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateIf,
} from 'class-validator';
import { AreHeaders, check, NotTogetherWith } from './validation.js';

/** The two requests of the API that faults can hit. */
export type SandboxResource = 'message' | 'conversion';

/**
 * What goes wrong with the next requests, and with how many: by count and not by percentage, so
 * that a test knows. At least one of `status`, `retryAfter`, `delay`, `body`, `reset` and `hang`.
 *
 * A request that a fault answers isn't carried out: no message goes out, no report is recorded
 * (`sandbox.requests` shows it all the same). It is carried out where the fault only delays it,
 * with `reset: 'after'`, and with `accept: true`.
 */
export class SandboxFault {
  /** Status of the answer. Default 429 with `retryAfter`, 200 with `body`. */
  @IsOptional()
  @Max(599)
  @Min(200)
  @IsInt()
  status?: number;

  /** Value of the answer's Retry-After header: seconds, an HTTP date, or nonsense. */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'number' ? `${value}` : value))
  @Matches(/^[\x20-\x7e]*$/, { message: 'retryAfter must be a number of seconds or an HTTP date' })
  retryAfter?: number | string;

  /** ms until the answer, or until the connection is cut. Alone it only makes the answer late. */
  @IsOptional()
  @Max(2_147_483_647)
  @Min(0)
  @IsInt()
  delay?: number;

  /** Body of the answer, as it is: an HTML page, broken JSON, nothing (`''`). */
  @IsOptional()
  @IsString()
  body?: string;

  /** More headers of the answer, e.g. `{ Location: 'https://…' }`. */
  @IsOptional()
  @AreHeaders()
  headers?: Record<string, string>;

  /**
   * Cuts the connection: `'before'` (or `true`) before the body is taken, `'after'` once the
   * request has been carried out, so that the client can't know whether it was.
   */
  @IsOptional()
  @IsIn([true, 'before', 'after'])
  @NotTogetherWith('status', 'retryAfter', 'body', 'headers', 'hang')
  reset?: boolean | 'before' | 'after';

  /** Never answers: until the client leaves, or `reset()`, `down()` or `stop()`. */
  @IsOptional()
  @IsBoolean()
  @NotTogetherWith('status', 'retryAfter', 'body', 'headers', 'delay')
  hang?: boolean;

  /** Carries the request out all the same: the provider did it, and the client doesn't hear so. */
  @IsOptional()
  @IsBoolean()
  @NotTogetherWith('reset')
  accept?: boolean;

  /** Hits only one of the two requests. Default: both. */
  @IsOptional()
  @IsIn(['message', 'conversion'])
  on?: SandboxResource;

  /** How many requests it hits. Default 1; in code also `Infinity`: until cleared. */
  @ValidateIf((fault: SandboxFault) => fault.times !== Infinity)
  @Min(1)
  @IsInt()
  times?: number = 1;
}

/** A fault in the queue, and how many requests it still hits (null: until cleared). */
export type ArmedFault = Omit<SandboxFault, 'times'> & { remaining: number | null };

const EFFECTS = ['status', 'retryAfter', 'delay', 'body', 'reset', 'hang'] as const;

/** Faults wait in a queue; each request takes the oldest that concerns it. */
export class Faults {
  #armed: { fault: SandboxFault; remaining: number }[] = [];

  constructor(private readonly onChange: () => void) {}

  /** Queues a fault, or returns what is wrong with it. */
  arm(plain: unknown): string | undefined {
    const { value: fault, error } = check(SandboxFault, plain, 'refuse');
    if (error !== undefined) return error;
    if (!EFFECTS.some((effect) => fault[effect] !== undefined && fault[effect] !== false)) {
      return `a fault needs at least one of ${EFFECTS.join(', ')}`;
    }
    this.#armed.push({ fault, remaining: fault.times ?? 1 });
    this.onChange();
    return undefined;
  }

  /** The fault that hits this request, if any; used up by one. */
  take(resource: SandboxResource): SandboxFault | undefined {
    const armed = this.#armed.find(({ fault }) => (fault.on ?? resource) === resource);
    if (armed === undefined) return undefined;
    armed.remaining -= 1;
    if (armed.remaining === 0) this.#armed.splice(this.#armed.indexOf(armed), 1);
    this.onChange();
    return armed.fault;
  }

  get armed(): ArmedFault[] {
    return this.#armed.map(({ fault, remaining }) => {
      const { ...armed } = fault;
      delete armed.times;
      return { ...armed, remaining: remaining === Infinity ? null : remaining };
    });
  }

  clear(): void {
    if (this.#armed.length === 0) return;
    this.#armed = [];
    this.onChange();
  }
}
