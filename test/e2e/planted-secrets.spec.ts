import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Child } from '../support/child.js';
import { markersIn } from '../support/forms.js';
import { filesBelow, tempFolder } from '../support/temp-folder.js';

const PLANTED = {
  TOKEN: 'TOKEN/MARKER+0123456789=',
  CODE: '90471147',
  WORD: 'WORDMARKER77',
  DST: '14155550177',
  SRC: '14155550188',
  ID: '14155550199',
};
const markers = Object.values(PLANTED);

describe('an app in which everything goes wrong', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let output: string;

  beforeAll(async () => {
    folder = await tempFolder();
    const STORE = join(folder.path, 'store');
    const child = await Child.start('test/support/processes/plant.mjs', { ...PLANTED, STORE });
    const end = await child.ended();
    output = child.output;
    await child.stop();
    expect({ end, tail: output.slice(-2_000) }).toMatchObject({ end: 0 });
  }, 60_000);

  afterAll(() => folder.remove());

  it('has been through all of it', () => {
    expect(output).toContain('all was tried');
    for (const proof of [
      /boot with .* InvalidOptionsError/,
      /send with a bad dst .*InvalidMessageError/,
      /send, answered .*"status":401.* PlivoRequestError/,
      /event .*"type":"failed"/,
      /event .*"type":"retrying"/,
      /event .*"type":"paused"/,
      /event .*"type":"unmatched"/,
      /report to a sick storage .*ENOSPC/,
      /Conversions can't be recorded now/,
      /A message was tracked under two verifications/,
      /a function given to @TrackConversion threw/,
      /report after the end .*StorageError/,
      /\[secret\]/,
      /\[number\]/,
    ])
      expect(output).toMatch(proof);
    expect(output).not.toMatch(/UNHANDLED|UNCAUGHT|did not fail/);
  });

  it('prints no token, code or number, in whatever form', () => {
    const lines = output.split('\n').filter((line) => markersIn(line, markers).length > 0);
    expect(lines.slice(0, 5)).toEqual([]);
    expect(markersIn(output, markers)).toEqual([]);
  });

  it('stores no token, code or number, in whatever form', async () => {
    const files = await filesBelow(join(folder.path, 'store'));
    expect(files).toContain(join(folder.path, 'store', 'data.mdb'));
    for (const file of files) expect(markersIn(await readFile(file), markers)).toEqual([]);
  });
});

describe('the search', () => {
  it('finds a marker in each form, wherever it stands', () => {
    const [token] = markers;
    const utf16be = Buffer.from(token, 'utf16le').swap16();
    for (const planted of [
      `x${token}x`,
      encodeURIComponent(`?${token}`),
      Buffer.from(token).toString('hex'),
      Buffer.from(token).toString('hex').toUpperCase(),
      ...['', 'x', 'xx'].flatMap((before) => [
        Buffer.from(`${before}${token}yy`).toString('base64'),
        Buffer.from(`${before}${token}y`).toString('base64url'),
      ]),
    ])
      expect(markersIn(`a ${planted} b`, markers)).toEqual([token]);
    for (const planted of [Buffer.from(token, 'utf16le'), utf16be])
      expect(markersIn(Buffer.concat([Buffer.from('odd'), planted]), markers)).toEqual([token]);
    expect(markersIn('nothing', markers)).toEqual([]);
  });
});
