import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Disk } from './disk.js';
import { LockHolder } from './lock-holder.js';
import type { Service } from './service.js';

const run = promisify(execFile);

/** Where the store of a service lies. */
export interface Ward {
  readonly service: Service;
  readonly store: string;
  /** Absent where this user may not mount one. */
  readonly disk?: Disk;
}

/** Something that is wrong with a store; returns how it is put right again. */
export interface Sickness {
  readonly name: string;
  /** What the store's folder lies on; default the machine's own. */
  readonly disk?: 'tmpfs' | 'journaled';
  /** The app is started while it is so. */
  readonly atBoot?: true;
  /** What was in the store doesn't outlive it, or the process doesn't. */
  readonly forgets?: true;
  /** Each of the processes that the app has. */
  readonly workers?: number;
  begin(ward: Ward): Promise<() => Promise<void> | void>;
}

/** Writes to files fail from now on, as over a quota. Whoever owns the process may do that. */
async function forbidWrites({ service }: Ward): Promise<() => Promise<void>> {
  const limit = (bytes: string) =>
    run('prlimit', ['--pid', String(service.pid), `--fsize=${bytes}:`]);
  await limit('1');
  return async () => {
    await limit('unlimited');
  };
}

async function fill(ward: Ward): Promise<() => Promise<void> | void> {
  const { disk } = ward;
  if (!disk) return forbidWrites(ward);
  disk.fill();
  return () => disk.free();
}

async function holdLock({ store }: Ward): Promise<() => Promise<void>> {
  const holder = new LockHolder(store);
  await holder.hold();
  return () => holder.kill();
}

/** Each way in which a store can be sick. */
export const sicknesses: readonly Sickness[] = [
  { name: 'disk full, and freed', disk: 'tmpfs', begin: fill },
  { name: 'disk full at boot', disk: 'tmpfs', atBoot: true, begin: fill },
  { name: 'no more bytes by limit', begin: forbidWrites },
  {
    name: 'read-only by a broken disk',
    disk: 'journaled',
    forgets: true,
    async begin(ward) {
      const { disk, service } = ward;
      if (!disk) return forbidWrites(ward);
      await disk.breakDown();
      return async () => {
        await service.kill();
        await disk.unmount();
        await disk.mount();
        service.spawn();
        await service.url;
      };
    },
  },
  {
    name: 'read-only at boot',
    disk: 'tmpfs',
    atBoot: true,
    async begin({ disk }) {
      await disk?.makeReadOnly(true);
      return () => disk?.makeReadOnly(false);
    },
  },
  {
    name: 'folder gone',
    forgets: true,
    async begin({ store }) {
      await rm(store, { recursive: true });
      return () => {};
    },
  },
  {
    name: 'folder gone, and a file in its place',
    forgets: true,
    async begin({ store }) {
      await rm(store, { recursive: true });
      await run('touch', [store]);
      return async () => {
        await rm(store);
        await mkdir(store, { mode: 0o700 });
      };
    },
  },
  { name: 'write lock held by a stopped process', begin: holdLock },
  { name: 'write lock held at boot', atBoot: true, begin: holdLock },
  { name: 'map outgrown by three processes', workers: 3, begin: async () => () => {} },
];
