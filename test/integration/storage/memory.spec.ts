import { MemoryConversionStorage } from '../../../lib/index.js';
import { describeConversionStorage } from './contract.js';

describeConversionStorage('MemoryConversionStorage', async () => ({
  make: () => new MemoryConversionStorage(),
  discard: async () => {},
}));
