import { LmdbConversionStorage } from '../../../lib/index.js';
import { tempFolder } from '../../support/temp-folder.js';
import { describeConversionStorage } from './contract.js';

describeConversionStorage('LmdbConversionStorage', async () => {
  const { path, remove } = await tempFolder();
  return { make: () => new LmdbConversionStorage({ path }), discard: remove };
});
