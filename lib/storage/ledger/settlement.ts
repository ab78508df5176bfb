import { ConversionStatus } from '../../conversion-status.js';

const { CONVERTED, NOT_CONVERTED } = ConversionStatus;

/** What is known of a message: its status, or undefined while it is open. */
export type KnownStatus = ConversionStatus | undefined;

/** How a verification ended, seen from its messages. */
export interface Ending {
  readonly status: ConversionStatus;
  /** Index of the message whose code was typed, where the app named it. */
  readonly named?: number;
  /** Status of the messages that a success leaves behind; false: nothing is said of them. */
  readonly superseded: ConversionStatus | false;
}

/**
 * What an ending makes of each message of a verification.
 *
 * - Success: the named message, or else the newest, is CONVERTED; the others are superseded.
 * - Any other ending: each message gets that status, or only the named one.
 * - A message gets a status once. Only NOT_CONVERTED is taken back, by a success that came late.
 *   Where the app names a message it knows better, and the newest word counts: but CONVERTED stays.
 *
 * @param messages oldest first
 * @returns for each message its new status, or undefined where it stays as it is
 */
export function settlement(messages: readonly KnownStatus[], ending: Ending): KnownStatus[] {
  const { status, named, superseded } = ending;
  const winner = named ?? messages.length - 1;
  const wanted = (index: number): ConversionStatus | false => {
    if (index === winner) return status;
    if (status === CONVERTED) return superseded;
    return named === undefined && status;
  };
  return messages.map((known, index) => {
    const next = wanted(index);
    if (next === false) return undefined;
    const allowed = index === named ? replaces(known, next) : mayBecome(known, next);
    return allowed ? next : undefined;
  });
}

/** Whether a message that nobody named may get a status after what is known of it. */
function mayBecome(known: KnownStatus, wanted: ConversionStatus): boolean {
  return known === undefined || (known === NOT_CONVERTED && wanted !== NOT_CONVERTED);
}

/** Whether a report by message_uuid changes what is known: the newest word counts, but CONVERTED stays. */
export function replaces(known: KnownStatus, wanted: ConversionStatus): boolean {
  return known !== CONVERTED && known !== wanted;
}
