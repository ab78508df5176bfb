import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LmdbConversionStorage } from '../../../lib/index.js';
import { describeConversionStorage } from '../../../lib/testing/index.js';
import { tempFolder } from '../../support/temp-folder.js';

describeConversionStorage(
  'LmdbConversionStorage',
  async () => {
    const { path, remove } = await tempFolder();
    return { make: () => new LmdbConversionStorage({ path }), discard: remove };
  },
  { describe, it, beforeEach, afterEach, expect },
);
