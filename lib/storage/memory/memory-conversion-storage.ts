import { ConversionStorageHost } from '../conversion-storage.js';
import { Books, LedgerStorage } from '../ledger/ledger-storage.js';
import { Ledger } from '../ledger/ledger.js';
import { memoryTables } from './memory-tables.js';

/**
 * Keeps everything in this process's memory: for tests. All is forgotten when the process ends,
 * and it says so at boot unless NODE_ENV is `test`.
 */
export class MemoryConversionStorage extends LedgerStorage {
  readonly shared = false;

  protected async openBooks(host: ConversionStorageHost): Promise<Books> {
    if (process.env.NODE_ENV !== 'test') {
      host.logger.warn(
        'MemoryConversionStorage forgets all messages and reports when this process ends: it is for tests',
      );
    }
    const ledger = new Ledger(memoryTables(), host);
    return {
      reader: ledger,
      transact: async (work) => work(ledger),
      mayDeliver: () => true,
      close: async () => {},
    };
  }
}
