import { Expose } from 'class-transformer';
import { IsInt, Max, Min, MinLength } from 'class-validator';
import { Environment } from '../environment.js';

/** What a web instance is told beside that. */
export class WebEnvironment extends Environment {
  /** 0 takes a free one. */
  @Expose()
  @IsInt()
  @Min(0)
  @Max(65_535)
  PORT: number = 3000;

  /** 0.0.0.0 in a container. */
  @Expose()
  HOST: string = '127.0.0.1';

  /** Key of the codes' digests: the same for all web instances, and never in Redis. */
  @Expose()
  @MinLength(32, {
    message:
      'OTP_SECRET must have 32 characters or more, the same for all web instances: openssl rand -base64 32 makes one',
  })
  OTP_SECRET!: string;
}
