import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './tarball.js';

/** A fenced block of a document. */
export interface CodeBlock {
  /** The document's path from the repository's top. */
  readonly document: string;
  /** The document's line on which the fence opens. */
  readonly line: number;
  readonly language: string;
  /** The file of the reader's app that it is: ```ts title="src/otp/otp.service.ts" */
  readonly title?: string;
  readonly code: string;
}

const FENCE = /^( *)```(\w+)(?: +title="([^"]+)")?[^\n]*\n(.*?)^ *```$/gms;
const NAME = 'nestjs-conversion-feedback';

/** README.md, and what lies in docs, but for the API reference that `npm run docs` writes there. */
export async function documents(): Promise<string[]> {
  const docs = await readdir(join(ROOT, 'docs'), { recursive: true }).catch(() => []);
  const pages = docs.filter((path) => path.endsWith('.md') && !path.startsWith('api/'));
  return ['README.md', ...pages.sort().map((path) => join('docs', path))];
}

/** The fenced blocks of a document. */
export async function codeBlocks(document: string): Promise<CodeBlock[]> {
  const markdown = await readFile(join(ROOT, document), 'utf8');
  return [...markdown.matchAll(FENCE)].map(({ index, 2: language, 3: title, 4: code }) => ({
    document,
    line: markdown.slice(0, index).split('\n').length,
    language,
    title,
    code,
  }));
}

/** The commands that the documents tell the reader to type, without their comments. */
export function shellCommands(blocks: readonly CodeBlock[]): string[] {
  return blocks
    .filter(({ language }) => /^(ba|z)?sh$|^shell$/.test(language))
    .flatMap(({ code }) => code.replaceAll('\\\n', ' ').split('\n'))
    .map((line) =>
      line
        .replace(/^\$ /, '')
        .replace(/(^|\s)#.*$/, '')
        .trim(),
    )
    .filter((line) => line !== '');
}

/** What the quick start installs: the packages named by the `npm install` for that major of Nest. */
export function packagesToInstall(blocks: readonly CodeBlock[], nest: number): string[] {
  const installs = shellCommands(blocks)
    .map((line) => line.split(/\s+/))
    .filter(
      ([npm, verb, ...packages]) =>
        npm === 'npm' && /^i(nstall)?$/.test(verb) && packages.includes(NAME),
    )
    .map(([, , ...packages]) => packages);
  // The newest @nestjs/axios is ESM only, which the Jest of a Nest 11 app can't load.
  const isForNest11 = (packages: string[]): boolean => packages.includes('@nestjs/axios@4');
  const found = installs.find((packages) => isForNest11(packages) === (nest === 11));
  if (!found) throw new Error(`README.md has no \`npm install ${NAME} …\` for Nest ${nest}.`);
  return found;
}
