import { ConversionStorageHost } from './conversion-storage.js';

/** Whose messages stand in a store. */
export type Owner = Pick<ConversionStorageHost, 'account' | 'accountId'>;

/**
 * Why a store is of no use to an account, since a report must go out with the credentials that its
 * message was sent with; undefined where it is the account's own.
 * @param option the option of the storage that leads to another store
 * @param kind what the option names
 */
export function whyNotOurs(
  owner: Owner,
  ours: Owner,
  { option, kind }: { option: string; kind: string },
): string | undefined {
  if (owner.account !== ours.account) {
    return `is the account ${owner.account}’s, ${ours.account} must have another ${option}`;
  }
  if (owner.accountId !== ours.accountId) {
    return `holds messages that were sent with another \`authId\`, whose reports this one can't deliver: set \`storage.${option}\` to another ${kind}, and where one app has two accounts give each a \`name\``;
  }
  return undefined;
}
