import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { moduleFolder } from '../module-folder.js';

/** What a browser may do with the page: nothing that isn't of this app's own. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

const OURS = [
  'index.html',
  'dashboard.css',
  'dashboard.js',
  'icon.svg',
  'countries.js',
  'elements.js',
  'hours.js',
  'plots.js',
  'reports.js',
  'words.js',
];

/** What it has in common with the sandbox's page. */
const SHARED = 'base.css';

/** uPlot's own files, by the names that the page knows them under. */
const UPLOT: Readonly<Record<string, string>> = {
  'uplot.js': 'uplot/dist/uPlot.iife.min.js',
  'uplot.css': 'uplot/dist/uPlot.min.css',
};

/** A file of the page, as it is sent. */
export interface PageFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly content: string;
}

/** The files that make the page: ours, one shared, and those of uPlot. Read once, at boot. */
export class PageFiles {
  private constructor(private readonly contents: ReadonlyMap<string, string>) {}

  /** @throws Error where they aren't beside the code: the package was put into a bundle of the app */
  static async load(): Promise<PageFiles> {
    const { resolve } = createRequire(join(moduleFolder, 'index.js'));
    const read = async (name: string, path: string) =>
      [name, await readFile(path, 'utf8')] as const;
    try {
      const ours = OURS.map((name) => read(name, join(moduleFolder, 'dashboard', 'page', name)));
      const theirs = Object.entries(UPLOT).map(([name, path]) => read(name, resolve(path)));
      const shared = read(SHARED, join(moduleFolder, 'page', SHARED));
      return new PageFiles(new Map(await Promise.all([...ours, shared, ...theirs])));
    } catch (cause) {
      throw new Error(
        'The dashboard lacks the files that lie beside nestjs-conversion-feedback, or uPlot, so it was bundled with the app: leave the package out of the bundle (`externals` of webpack, `--packages=external` of esbuild) and install it where the app runs',
        { cause },
      );
    }
  }

  /** The page itself. @param base what its relative addresses are relative to */
  page(base: string): PageFile {
    const { headers, content } = this.file('index.html')!;
    return { headers, content: content.replace('<base href="./" />', `<base href="${base}" />`) };
  }

  file(name: string): PageFile | undefined {
    const content = this.contents.get(name);
    if (content === undefined) return undefined;
    return { content, headers: headersFor(TYPES[name.split('.')[1]]) };
  }
}

/** The headers of everything that the dashboard answers with. */
export function headersFor(type: string): Record<string, string> {
  return {
    'Content-Type': type,
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    // Whom a guard lets in may change, and so may the version: nothing is kept.
    'Cache-Control': 'no-store',
  };
}
