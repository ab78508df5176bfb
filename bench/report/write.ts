import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import prettier from 'prettier';
import { ROOT } from '../harness/root.js';
import type { Benchmark } from './benchmark.js';
import { markdownOf } from './markdown.js';
import { pictureOf } from './picture.js';

const DOCS = join(ROOT, 'docs');

/** Writes docs/benchmarks.md, its picture, and the samples that both are made of. */
export async function writeDocs(benchmark: Benchmark): Promise<void> {
  await mkdir(join(DOCS, 'images'), { recursive: true });
  await writeFile(join(DOCS, 'images', 'benchmarks.svg'), pictureOf(benchmark));
  await writeFormatted(join(DOCS, 'benchmarks.json'), JSON.stringify(benchmark));
  await writeFormatted(join(DOCS, 'benchmarks.md'), markdownOf(benchmark));
}

async function writeFormatted(file: string, text: string): Promise<void> {
  await writeFile(file, await formatted(file, text));
}

/** A text as the repository's formatter would leave it. */
export async function formatted(file: string, text: string): Promise<string> {
  return prettier.format(text, { ...(await prettier.resolveConfig(file)), filepath: file });
}
