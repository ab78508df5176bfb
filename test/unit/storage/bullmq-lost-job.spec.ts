import { describe, expect, it } from '@jest/globals';
import * as bullmq from 'bullmq';
import { StorageError } from '../../../lib/index.js';
import { isLost } from '../../../lib/storage/bullmq/lost-job.js';

const withCode = (code: unknown) => Object.assign(new Error('whatever it says'), { code });

describe('a job', () => {
  it.each([
    ['is gone', -1],
    ['has no lock any more', -2],
    ['isn’t active any more', -3],
    ['is locked by another worker', -6],
  ])('that %s is lost', (_, code) => {
    expect(isLost(bullmq, withCode(code))).toBe(true);
  });

  it.each([
    'Missing key for job some-uuid-1. updateData',
    'Missing lock for job some-uuid-1. moveToDelayed',
    'Job some uuid-1 is not in the active state. moveToDelayed',
    'Lock mismatch for job some-uuid-1. Cmd moveToDelayed from active',
  ])('is lost where an older BullMQ says: %s', (message) => {
    expect(isLost(bullmq, new Error(message))).toBe(true);
  });

  it.each([
    ['can’t be asked', new StorageError('Redis can’t be asked now: Missing lock for job x')],
    ['cuts the connection', withCode('ECONNRESET')],
    ['has no memory left', new Error('OOM command not allowed when used memory > maxmemory')],
    ['has a fault that BullMQ tells otherwise', withCode(-4)],
  ])('is not lost where Redis %s', (_, error) => {
    expect(isLost(bullmq, error)).toBe(false);
  });
});
