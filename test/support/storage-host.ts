export { FakeProvider } from '../../lib/testing/fake-provider.js';
export { HOUR, newUuid, settings, storageHost } from '../../lib/testing/storage-host.js';
