export { ConversionStatus } from '../conversion-status.js';
export type { ArmedFault, SandboxFault, SandboxResource } from './faults.js';
export {
  SANDBOX_AUTH_ID,
  SANDBOX_AUTH_TOKEN,
  type PlivoSandboxOptions,
  type SandboxRateLimit,
} from './options.js';
export { PlivoSandbox, type SandboxAvailability, type WaitOptions } from './plivo-sandbox.js';
export type { SandboxConversion, SandboxMessage, SandboxRequest } from './records.js';
