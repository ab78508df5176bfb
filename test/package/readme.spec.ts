import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConsumerApp } from '../support/consumer-app.js';
import { codeBlocks, documents, shellCommands, type CodeBlock } from '../support/readme.js';
import { run } from '../support/run.js';
import { ROOT } from '../support/tarball.js';
import { tempFolder } from '../support/temp-folder.js';

const blocks = (await Promise.all((await documents()).map(codeBlocks))).flat();
const programs = blocks
  .filter(({ language }) => /^(ts|typescript)$/.test(language))
  // Vitest isn't here: such a block is compiled where it is run, in an app of Nest 12.
  .filter(({ title }) => !title?.includes('.vitest.'))
  .map((block) => ({ ...block, where: `${block.document}:${block.line}`, path: pathOf(block) }));
const commands = shellCommands(blocks);

/** Strict, with nothing but what the reader would have: the stock app's settings, and Jest's globals. */
const TSCONFIG = {
  extends: './tsconfig.json',
  compilerOptions: {
    noEmit: true,
    incremental: false,
    strictPropertyInitialization: true,
    moduleDetection: 'force',
    types: ['node', 'jest'],
  },
  include: ['src', 'test', 'blocks'],
};

describe('the code in README and docs', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let complaints: string[];

  beforeAll(async () => {
    folder = await tempFolder();
    const app = await ConsumerApp.generate(12, folder.path);
    // The repository's packages, itself among them: the names resolve to the build and its typings.
    await symlink(join(ROOT, 'node_modules'), join(app.path, 'node_modules'));
    await app.paste(programs.map((program) => ({ ...program, title: program.path })));
    await writeFile(join(app.path, 'tsconfig.readme.json'), JSON.stringify(TSCONFIG));
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    const args = ['--project', 'tsconfig.readme.json', '--pretty', 'false'];
    complaints = await run(tsc, args, { cwd: app.path }).then(
      () => [],
      (error: unknown) => complaintsIn(String(error)),
    );
  }, 120_000);

  afterAll(() => folder.remove());

  it.each(programs)('compiles as it stands: $where', ({ path, document, line }) => {
    const aboutIt = complaints
      .filter((complaint) => complaint.startsWith(`${path}(`))
      .map((complaint) =>
        complaint.replace(/^.*?\((\d+),\d+\)/, (_, at) => `${document}:${line + Number(at)}`),
      );
    expect(aboutIt).toEqual([]);
  });

  it('leaves the rest of the app that Nest’s CLI makes as sound as it was', () => {
    const paths = programs.map(({ path }) => `${path}(`);
    const aboutTheRest = complaints.filter((line) => !paths.some((path) => line.startsWith(path)));
    expect(aboutTheRest).toEqual([]);
  });

  it('names each file of the quick start once', () => {
    const titles = programs.flatMap(({ title }) => title ?? []);
    expect(titles).toContain('src/app.module.ts');
    expect(titles).toEqual([...new Set(titles)]);
  });

  it('tells the reader to run scripts that there are', async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = commands
      .flatMap((command) => command.split(/&&|;/))
      .flatMap(
        (command) => /^\s*npm (?:run |(?=test\b|start\b))([\w:-]+)/.exec(command)?.[1] ?? [],
      );
    expect(named).not.toEqual([]);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('gives our command words that it knows', async () => {
    const words = /^npx nestjs-conversion-feedback (\w+)(.*)/;
    for (const [, subcommand, flags] of commands.flatMap((command) => [
      words.exec(command) ?? [],
    ])) {
      if (subcommand === undefined) continue;
      const cli = join(ROOT, 'dist/esm/cli.js');
      const { stdout } = await run(process.execPath, [cli, subcommand, '--help'], { cwd: ROOT });
      expect(stdout).toContain(`nestjs-conversion-feedback ${subcommand}`);
      for (const flag of flags.match(/--[\w-]+/g) ?? []) expect(stdout).toContain(flag);
    }
  });
});

/** Where a block lies in the app: where it says, or else by itself. */
function pathOf({ title, document, line }: CodeBlock): string {
  return title ?? `blocks/${document.replace(/\W/g, '-')}-${line}.ts`;
}

/** tsc's complaints, or whatever else it was that went wrong. */
function complaintsIn(failure: string): string[] {
  const complaints = failure.split('\n').filter((line) => /error TS\d+: /.test(line));
  return complaints.length > 0 ? complaints : [failure];
}
