import { Expose, plainToInstance } from 'class-transformer';
import { IsNotEmpty, IsUrl, ValidateIf, validateSync } from 'class-validator';

const isPlivoWanted = ({ PLIVO_AUTH_ID, PLIVO_AUTH_TOKEN, PLIVO_SRC }: Environment): boolean =>
  [PLIVO_AUTH_ID, PLIVO_AUTH_TOKEN, PLIVO_SRC].some((value) => value !== undefined);

const ALL_OR_NONE = {
  message:
    '$property is missing: set PLIVO_AUTH_ID, PLIVO_AUTH_TOKEN and PLIVO_SRC to send through Plivo, or none of them to use the sandbox',
};

/** What can be set from outside, for web and worker alike. The initial values are the defaults. */
export class Environment {
  /** The one Redis of all processes. */
  @Expose()
  @IsUrl({ require_tld: false, protocols: ['redis', 'rediss'], require_protocol: true })
  REDIS_URL: string = 'redis://127.0.0.1:6379';

  @Expose()
  @ValidateIf(isPlivoWanted)
  @IsNotEmpty(ALL_OR_NONE)
  PLIVO_AUTH_ID?: string;

  @Expose()
  @ValidateIf(isPlivoWanted)
  @IsNotEmpty(ALL_OR_NONE)
  PLIVO_AUTH_TOKEN?: string;

  /** The number or sender id that the codes come from. */
  @Expose()
  @ValidateIf(isPlivoWanted)
  @IsNotEmpty(ALL_OR_NONE)
  PLIVO_SRC?: string;

  /** Where `npx nestjs-conversion-feedback sandbox` listens. Only used without PLIVO_*. */
  @Expose()
  @IsUrl({ require_tld: false, protocols: ['http'], require_protocol: true })
  SANDBOX_URL: string = 'http://127.0.0.1:4010';

  get usesSandbox(): boolean {
    return !isPlivoWanted(this);
  }
}

/** Checks all of it, and throws one error that names everything wrong. */
export function readEnvironment<Kind extends Environment>(
  kind: new () => Kind,
  variables: NodeJS.ProcessEnv,
): Kind {
  const filledIn = Object.entries(variables).filter(([, value]) => value !== '');
  const environment = plainToInstance(kind, Object.fromEntries(filledIn), {
    excludeExtraneousValues: true,
    exposeDefaultValues: true,
    enableImplicitConversion: true,
  });
  const problems = validateSync(environment, { validationError: { target: false, value: false } });
  if (problems.length > 0) {
    throw new Error(problems.flatMap(({ constraints }) => Object.values(constraints!)).join('. '));
  }
  return environment;
}
