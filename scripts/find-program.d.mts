/** A program that tests and samples need and npm doesn't bring. */
export interface Program {
  /** What it may be called. */
  readonly names: readonly string[];
  /** The variable of the environment that says where it is. */
  readonly variable: string;
  /** Debian's package of it. */
  readonly debian: string;
}

/**
 * Path of a program: where the variable says, else in PATH, else (on Debian, as root) installed now.
 * @throws with what to install
 */
export function findProgram(program: Program): Promise<string>;
