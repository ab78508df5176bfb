import type { Manifest } from './app-packages.js';

/** Whether an app names a package, as a dependency of any kind. */
function isNamedIn(manifest: Manifest, name: string): boolean {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest;
  const kinds = [dependencies, devDependencies, optionalDependencies, peerDependencies];
  return kinds.some((kind) => kind?.[name] !== undefined);
}

/** The packages that ours needs beside it and the app doesn't name, in versions for its Nest. */
export function missingPeers(
  app: Manifest,
  ours: Manifest,
  nestMajor: number,
): Record<string, string> {
  const { peerDependencies = {}, peerDependenciesMeta = {} } = ours;
  const missing = Object.entries(peerDependencies).filter(
    ([name]) => !peerDependenciesMeta[name]?.optional && !isNamedIn(app, name),
  );
  return Object.fromEntries(missing.map(([name, range]) => [name, newest(name, range, nestMajor)]));
}

/** Of "^4.0.0 || ^12.0.0" the last, but for Nest 11 the first of Nest's own packages. */
function newest(name: string, range: string, nestMajor: number): string {
  const alternatives = range.split(' || ');
  return alternatives.at(nestMajor === 11 && name.startsWith('@nestjs/') ? 0 : -1)!;
}

/** The text of a package.json with dependencies added, in the order that npm keeps. */
export function withDependencies(text: string, added: Record<string, string>): string {
  const manifest = JSON.parse(text) as Manifest;
  const all = Object.entries({ ...manifest.dependencies, ...added });
  const sorted = all.sort(([a], [b]) => a.localeCompare(b, 'en'));
  const [, indentation = '  '] = /^\{\n([ \t]+)/.exec(text) ?? [];
  const changed = { ...manifest, dependencies: Object.fromEntries(sorted) };
  return `${JSON.stringify(changed, null, indentation)}\n`;
}
