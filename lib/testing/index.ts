export type { StorageUnderTest } from './bench.js';
export { type ContractSettings, describeConversionStorage } from './describe-conversion-storage.js';
export type { EventLog } from './event-log.js';
export type { FakeProvider } from './fake-provider.js';
export type { ShiftableClock } from './shiftable-clock.js';
export { storageHost, type TestHost } from './storage-host.js';
export type { Expect, Expectations, Matchers, TestFunctions } from './test-functions.js';
