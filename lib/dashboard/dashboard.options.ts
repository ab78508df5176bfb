import type { CanActivate, ModuleMetadata, Type } from '@nestjs/common';
import { IsArray, IsBoolean, IsOptional, Matches, ValidateIf } from 'class-validator';
import { InvalidOptionsError } from '../conversion-feedback.errors.js';
import { DEFAULT_ACCOUNT } from '../conversion-feedback.options.js';
import { Keeps } from '../validation/decorators.js';
import { faultsOf, fieldsOf, isFields } from '../validation/faults.js';

/** Where the dashboard is, where no path is given. */
const PATH = 'conversion-feedback';

/** What `ConversionFeedbackDashboardModule.forRoot` takes. The initial values are the defaults. */
export class ConversionFeedbackDashboardOptions {
  /**
   * Who is let in: a guard, as a class or an instance. It stands before every route of the dashboard:
   * page, files, data and retry. Required, unless `public` is true.
   */
  @ValidateIf(({ public: isPublic, guard }: ConversionFeedbackDashboardOptions) => {
    return isPublic !== true || guard !== undefined;
  })
  @Keeps(
    'isGuard',
    isGuard,
    'must be a guard, a class or an instance with a method canActivate: it decides who may see the dashboard and retry reports. Where everybody may who reaches the app, set `public: true`',
  )
  guard?: Type<CanActivate> | CanActivate;

  /**
   * Everybody who reaches the app is let in: for a network of its own, or a proxy that asks who it is.
   * Default false.
   */
  @IsBoolean({ message: 'must be true or false' })
  @Keeps(
    'isNoContradiction',
    (value, options) =>
      value !== true || (options as ConversionFeedbackDashboardOptions).guard === undefined,
    'must be left out beside `guard`: one of them decides who is let in',
  )
  public?: boolean = false;

  /**
   * Path of the page, below the app's global prefix. Default `conversion-feedback`, and for an account
   * with a name `conversion-feedback-<name>`.
   */
  @IsOptional()
  @Matches(/^\/?[\w.~-]+(\/[\w.~-]+)*\/?$/, {
    message:
      'must be a path of letters, digits, ., _, ~ and -, for example admin/conversion-feedback',
  })
  path?: string;

  /** The account that is shown, as named in `ConversionFeedbackModule.forRoot`. Default: the one without a name. */
  @Matches(/^[A-Za-z0-9_-]{1,64}$/, { message: 'must be 1 to 64 letters, digits, - or _' })
  name?: string = DEFAULT_ACCOUNT;

  /** Modules that export what the guard's constructor asks for. Default: none. */
  @IsArray({ message: 'must be an array of modules' })
  imports?: ModuleMetadata['imports'] = [];
}

/** Checked options, with the defaults filled in. */
export type DashboardSettings = ConversionFeedbackDashboardOptions &
  Required<Pick<ConversionFeedbackDashboardOptions, 'path' | 'name' | 'imports'>>;

/**
 * Checks what `forRoot` was given, and fills in the defaults.
 * @throws InvalidOptionsError with all that is wrong
 */
export function readDashboardOptions(given: unknown): DashboardSettings {
  const options = new ConversionFeedbackDashboardOptions();
  const { fields, faults } = fieldsOf(isFields(given) ? given : {}, 'options');
  const known = fields.filter(([, value]) => value !== undefined);
  Object.assign(options, Object.fromEntries(known));
  const unread = new Set(faults.map(({ field }) => field));
  faults.push(...faultsOf(options, new Set()).filter(({ field }) => !unread.has(field)));
  if (faults.length > 0) throw new InvalidOptionsError(faults);
  const name = options.name!;
  const path = options.path ?? (name === DEFAULT_ACCOUNT ? PATH : `${PATH}-${name}`);
  return { ...options, name, path: path.replace(/^\/|\/$/g, ''), imports: options.imports! };
}

function isGuard(value: unknown): boolean {
  const guard: unknown = typeof value === 'function' ? value.prototype : value;
  return typeof (guard as Partial<CanActivate> | null)?.canActivate === 'function';
}
