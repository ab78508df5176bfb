import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { moduleFolder } from '../../module-folder.js';

const PAGE = join('sandbox', 'page');

/** The page's files, by their addresses. */
const FILES: Readonly<Record<string, { path: string; type: string }>> = {
  '/': { path: join(PAGE, 'index.html'), type: 'text/html; charset=utf-8' },
  '/base.css': { path: join('page', 'base.css'), type: 'text/css; charset=utf-8' },
  '/inbox.css': { path: join(PAGE, 'inbox.css'), type: 'text/css; charset=utf-8' },
  '/inbox.js': { path: join(PAGE, 'inbox.js'), type: 'text/javascript; charset=utf-8' },
};

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Whether a path is a file of the page. */
export function isPageFile(path: string): boolean {
  return Object.hasOwn(FILES, path);
}

/** Answers with a file of the page. */
export async function sendPageFile(response: ServerResponse, path: string): Promise<void> {
  const file = FILES[path];
  const content = await readFile(join(moduleFolder, file.path));
  response.writeHead(200, {
    'Content-Type': file.type,
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  });
  response.end(content);
}
