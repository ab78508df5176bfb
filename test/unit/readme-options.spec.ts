import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ConversionFeedbackModuleOptions, DeliveryOptions } from '../../lib/index.js';

const table = /## Options[^]*?\n\n(\|[^]*?)\n\n/.exec(readFileSync('README.md', 'utf8'))![1];
const defaultOf = (option: string): string | undefined => {
  const row = table.split('\n').find((line) => line.split('|')[1]?.includes(`\`${option}\``));
  return row?.split('|')[2].trim();
};

const options = Object.entries(new ConversionFeedbackModuleOptions()).filter(
  ([name]) => name !== 'delivery',
);
const delivery = Object.entries(new DeliveryOptions()).map(
  ([name, value]) => [`delivery.${name}`, value] as const,
);

describe("the README's table of options", () => {
  it.each([...options, ...delivery].map(([name]) => name))('has %s', (name) => {
    expect(defaultOf(name)).toBeDefined();
  });

  it.each([...options, ...delivery].filter(([, value]) => typeof value === 'number'))(
    'gives the default that %s has: %d',
    (name, value) => {
      expect(defaultOf(name)).toBe((value as number).toLocaleString('en-US'));
    },
  );
});
