import { InvalidOptionsError, StorageError } from '../../conversion-feedback.errors.js';
import { Owner, whyNotOurs } from '../account-claim.js';
import { GroupCommit } from './group-commit.js';
import { LmdbBooks, MetaTable } from './lmdb-tables.js';

/** Version of what stands in the file. A store with another one is refused. */
const FORMAT = 2;

/**
 * Makes sure that this version can read the store.
 * @throws StorageError where it can't
 */
export async function claimFormat(
  { meta }: LmdbBooks,
  group: GroupCommit,
  folder: string,
): Promise<void> {
  const format = meta.get('format');
  if (format === FORMAT) return;
  if (format === undefined) {
    await group.transact(() => meta.put('format', FORMAT));
    return;
  }
  const [age, remedy] =
    format > FORMAT
      ? ['a newer', 'update nestjs-conversion-feedback']
      : ['an older', 'let that version deliver what is pending, then move the folder away'];
  throw new StorageError(
    `The store in ${JSON.stringify(folder)} was written by ${age} version (format ${format}, this one knows ${FORMAT}): ${remedy}, or set storage.path to another folder`,
  );
}

/**
 * Makes sure that the store is this account's: a report must go out with the credentials that its
 * message was sent with.
 * @throws InvalidOptionsError where it is another's
 */
export async function claimAccount(
  { meta }: LmdbBooks,
  group: GroupCommit,
  folder: string,
  ours: Owner,
): Promise<void> {
  const owner = ownerIn(meta) ?? (await group.transact(() => ownerIn(meta) ?? own(meta, ours)));
  const fault = whyNotOurs(owner, ours, { option: 'path', kind: 'folder' });
  if (fault === undefined) return;
  const message = `\`storage\` in ${JSON.stringify(folder)} ${fault}`;
  throw new InvalidOptionsError([{ field: 'storage', message }]);
}

function ownerIn(meta: MetaTable): Owner | undefined {
  const [account, accountId] = [meta.get('account'), meta.get('accountId')];
  return account && accountId ? { account, accountId } : undefined;
}

function own(meta: MetaTable, { account, accountId }: Owner): Owner {
  meta.put('account', account);
  meta.put('accountId', accountId);
  return { account, accountId };
}
