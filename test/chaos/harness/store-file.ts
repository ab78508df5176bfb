import { statSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';

interface Statistics {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** LMDB's own, at the beginning of each file. */
const META_PAGES = 2;

/** The file of a store, looked at from outside of the app. */
export class StoreFile {
  readonly #path: string;
  readonly #env;
  readonly #tables;

  constructor(folder: string) {
    this.#path = join(folder, 'data.mdb');
    this.#env = open({ path: folder, maxDbs: 12, readOnly: true });
    // The keys at the root are the tables' names.
    const names = [...this.#env.getKeys()] as string[];
    this.#tables = names.map((name) => this.#env.openDB({ name, encoding: 'binary' }));
  }

  /** Bytes of the file. */
  get size(): number {
    return statSync(this.#path).size;
  }

  /** Bytes of the pages that hold something now, by LMDB's own books. */
  get live(): number {
    const { root, pageSize } = this.#env.getStats() as Statistics & { root: Statistics };
    const trees = [root, ...this.#tables.map((table) => table.getStats() as Statistics)];
    const pages = trees.reduce((sum, tree) => sum + pagesOf(tree), META_PAGES);
    return pages * pageSize;
  }

  close(): Promise<void> {
    return this.#env.close();
  }
}

function pagesOf({ treeBranchPageCount, treeLeafPageCount, overflowPages }: Statistics): number {
  return treeBranchPageCount + treeLeafPageCount + overflowPages;
}
