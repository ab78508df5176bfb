import { InvalidOptionsError } from '../../conversion-feedback.errors.js';

interface Peers {
  bullmq: typeof import('bullmq');
  ioredis: Pick<typeof import('ioredis'), 'Redis'>;
}

const load: { [Name in keyof Peers]: () => Promise<Peers[Name]> } = {
  bullmq: () => import('bullmq'),
  ioredis: () => import('ioredis'),
};

/**
 * Loads a package that only this storage needs.
 * @throws InvalidOptionsError where it isn't installed, with how to
 */
export async function requirePeer<Name extends keyof Peers>(name: Name): Promise<Peers[Name]> {
  try {
    return await load[name]();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `\`storage\` BullMQConversionStorage needs the package ${name}, which can't be loaded (${reason}): npm install bullmq ioredis`;
    throw new InvalidOptionsError([{ field: 'storage', message }]);
  }
}
