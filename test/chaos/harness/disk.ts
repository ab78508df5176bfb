import { execFile } from 'node:child_process';
import { closeSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BALLAST = 'ballast';
const PORTION = Buffer.alloc(65_536, 1);

/** A small disk of its own, mounted on a folder: something that only root may do. */
export class Disk {
  private constructor(
    private readonly folder: string,
    private readonly mounted: readonly string[],
  ) {}

  /** One that is memory. Undefined where this user may not mount. */
  static tmpfs(folder: string): Promise<Disk | undefined> {
    return Disk.#mount(folder, ['-t', 'tmpfs', '-o', 'size=24m,mode=0700', 'tmpfs']);
  }

  /** One with a journal, that becomes read-only when something is wrong with it. */
  static async journaled(folder: string, image: string): Promise<Disk | undefined> {
    closeSync(openSync(image, 'w'));
    truncateSync(image, 64 * 1_048_576);
    await run('mkfs.ext4', ['-q', '-F', image]).catch(() => {});
    return Disk.#mount(folder, ['-t', 'ext4', '-o', 'loop,errors=remount-ro', image]);
  }

  static async #mount(folder: string, what: readonly string[]): Promise<Disk | undefined> {
    const disk = new Disk(folder, what);
    return disk.mount().then(
      () => disk,
      () => undefined,
    );
  }

  async mount(): Promise<void> {
    await run('mount', [...this.mounted, this.folder]);
  }

  /** Fills it to the last byte. */
  fill(): void {
    const file = openSync(join(this.folder, BALLAST), 'a');
    try {
      for (let size = PORTION.length; size > 0;) size = writePortion(file, size);
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(join(this.folder, BALLAST), { force: true });
  }

  /** Makes it read-only; no file may be open for writing. */
  async makeReadOnly(readOnly: boolean): Promise<void> {
    await run('mount', ['-o', `remount,${readOnly ? 'ro' : 'rw'}`, this.folder]);
  }

  /** What its kernel does when it finds the journal broken: read-only at once, open files or not. */
  async breakDown(): Promise<void> {
    await run('mount', ['-o', 'remount,abort', this.folder]);
  }

  async unmount(): Promise<void> {
    await run('umount', ['-l', this.folder]);
  }
}

/** Returns how much to write next: less and less, until nothing fits in. */
function writePortion(file: number, size: number): number {
  try {
    writeSync(file, PORTION, 0, size);
    return size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    return size >> 1;
  }
}
