import { Command } from 'commander';
import { addSandboxCommand } from './sandbox-command.js';
import { packageVersion } from './version.js';

/** What `npx nestjs-conversion-feedback` runs. */
export function createProgram(): Command {
  const program = new Command('nestjs-conversion-feedback')
    .description('Conversion feedback for one-time passwords sent by SMS.')
    .version(packageVersion());
  addSandboxCommand(program);
  return program;
}
