// The CommonJS build needs two touches that tsc can't make: its own package.json, and a way for a
// file to know its folder, which is `import.meta.dirname` in ESM and `__dirname` in CommonJS.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const cjs = join(import.meta.dirname, '..', 'dist', 'cjs');

await writeFile(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');

for (const entry of await readdir(cjs, { recursive: true })) {
  if (!entry.endsWith('.js')) continue;
  const file = join(cjs, entry);
  const source = await readFile(file, 'utf8');
  if (!source.includes('import.meta.dirname')) continue;
  await writeFile(file, source.replaceAll('import.meta.dirname', '__dirname'));
}
