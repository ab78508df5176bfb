import { ConversionStatus } from '../../conversion-status.js';

const letters: Readonly<Record<ConversionStatus, string>> = {
  [ConversionStatus.CONVERTED]: 'C',
  [ConversionStatus.NOT_CONVERTED]: 'N',
  [ConversionStatus.CONVERTED_WITH_OTHERS]: 'O',
};

const statuses = new Map(
  Object.values(ConversionStatus).map((status) => [letters[status], status] as const),
);

/** A status as the scripts know it. */
export function letterOf(status: ConversionStatus): string {
  return letters[status];
}

export function statusOf(letter: string): ConversionStatus {
  return statuses.get(letter)!;
}
