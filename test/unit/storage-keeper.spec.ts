import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  ConversionStorage,
  ConversionStorageHost,
  InvalidOptionsError,
  MemoryConversionStorage,
  StorageError,
} from '../../lib/index.js';
import { StorageKeeper } from '../../lib/storage/storage-keeper.js';
import { ManualClock, settled } from '../support/clocks.js';
import { LogLines } from '../support/log-lines.js';
import { storageHost } from '../support/storage-host.js';

const RETRY_INTERVAL = 5_000;

/** A storage that can't be opened for as long as it is told, and says what is done to it. */
class Moody extends MemoryConversionStorage {
  fault?: Error;
  readonly did: string[] = [];

  override async open(host: ConversionStorageHost): Promise<void> {
    this.did.push('open');
    if (this.fault) throw this.fault;
    await super.open(host);
    this.host = host;
  }

  override deliver(): void {
    this.did.push('deliver');
    super.deliver();
  }

  override async close(): Promise<void> {
    this.did.push('close');
    await super.close();
  }

  host!: ConversionStorageHost;
}

describe('a storage', () => {
  let storage: Moody;
  let clock: ManualClock;
  let keeper: StorageKeeper;
  let log: LogLines;
  const full = new StorageError('The disk is full');

  beforeEach(() => {
    log = new LogLines();
    storage = new Moody();
    clock = new ManualClock();
    keeper = new StorageKeeper(storage satisfies ConversionStorage, clock, log);
  });

  const open = () => keeper.open(storageHost({ clock, logger: log }).host);

  it('that can not be opened now keeps no app from starting, and is opened later', async () => {
    storage.fault = full;
    await open();
    keeper.deliver();
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toContain('The disk is full. Logins go on');
    await clock.advance(3 * RETRY_INTERVAL);
    expect(storage.did).toEqual(['open', 'open', 'open', 'open']);
    expect(log.lines).toHaveLength(1);

    storage.fault = undefined;
    await clock.advance(RETRY_INTERVAL);
    expect(storage.did.slice(4)).toEqual(['open', 'deliver']);
    expect(log.lines.at(-1)).toContain('The storage is open again');
    await keeper.close();
    expect(clock.pending).toBe(0);
  });

  it('with a wrong option stops the boot', async () => {
    storage.fault = new InvalidOptionsError([{ field: 'storage.path', message: 'no' }]);
    await expect(open()).rejects.toThrow(InvalidOptionsError);
    await keeper.close();
    expect(clock.pending).toBe(0);
  });

  it('that is lost is closed and opened anew, and delivers again', async () => {
    await open();
    keeper.deliver();
    storage.host.lost(new StorageError('The file is gone'));
    storage.host.lost(new StorageError('The file is gone'));
    await settled();
    expect(storage.did).toEqual(['open', 'deliver', 'close', 'open', 'deliver']);
    expect(log.matching(/The file is gone/)).toHaveLength(1);
    await keeper.close();
  });

  it('is tried no more once the app has closed it', async () => {
    storage.fault = full;
    await open();
    await keeper.stopDelivering(0);
    await keeper.close();
    await clock.advance(10 * RETRY_INTERVAL);
    expect(storage.did.filter((what) => what === 'open')).toHaveLength(1);
  });
});
