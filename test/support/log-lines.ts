import { inspect } from 'node:util';
import { LoggerService } from '@nestjs/common';

/** A logger that keeps what it is told, for tests to search. */
export class LogLines implements LoggerService {
  readonly lines: string[] = [];

  readonly log = (...words: unknown[]): void => this.#keep('log', words);
  readonly error = (...words: unknown[]): void => this.#keep('error', words);
  readonly warn = (...words: unknown[]): void => this.#keep('warn', words);
  readonly debug = (...words: unknown[]): void => this.#keep('debug', words);
  readonly verbose = (...words: unknown[]): void => this.#keep('verbose', words);
  readonly fatal = (...words: unknown[]): void => this.#keep('fatal', words);

  matching(pattern: RegExp): string[] {
    return this.lines.filter((line) => pattern.test(line));
  }

  #keep(level: string, words: unknown[]): void {
    this.lines.push(
      [
        level,
        ...words.map((word) => (typeof word === 'string' ? word : inspect(word, { depth: 10 }))),
      ].join(' '),
    );
  }
}
