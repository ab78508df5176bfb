import { InvalidOptionsError } from '../../conversion-feedback.errors.js';

interface Peers {
  bullmq: typeof import('bullmq');
  ioredis: Pick<typeof import('ioredis'), 'Redis'>;
}

const load: { [Name in keyof Peers]: () => Promise<Peers[Name]> } = {
  bullmq: () => import('bullmq'),
  ioredis: () => import('ioredis'),
};

/** What Node says of a package that isn't there, ESM and CommonJS. */
const MISSING = new Set<string | undefined>(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);

/**
 * Loads a package that only this storage needs.
 * @throws InvalidOptionsError where it isn't installed, with how to
 */
export async function requirePeer<Name extends keyof Peers>(name: Name): Promise<Peers[Name]> {
  try {
    return await load[name]();
  } catch (error) {
    const { code, message: reason } = error as NodeJS.ErrnoException;
    const isMissing = MISSING.has(code) && reason.includes(`'${name}'`);
    const why = isMissing ? '' : `, which can't be loaded (${reason.split('\n')[0]})`;
    const message = `\`storage\` BullMQConversionStorage needs the package ${name}${why}: npm install bullmq ioredis`;
    throw new InvalidOptionsError([{ field: 'storage', message }]);
  }
}
