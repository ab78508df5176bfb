import { describe } from '@jest/globals';
import { Platform, platforms } from '../../support/app.js';
import { itIsTracked } from '../../support/handlers/expectation.js';
import { httpKinds, onHttp } from '../../support/handlers/http-kinds.js';

describe.each(Object.keys(platforms) as Platform[])('on %s', (platform) => {
  for (const name of Object.keys(httpKinds)) itIsTracked(onHttp(name, platform));
});
