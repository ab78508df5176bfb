import { inspect } from 'node:util';

/** What a process can be told to do, by name. */
export type Commands = Record<string, (...given: never[]) => unknown>;

export interface Order {
  readonly id: number;
  readonly name: string;
  readonly given: unknown[];
}

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** What the process was started with. From here on it ends with its parent. */
export function begin<S>(): S {
  process.once('disconnect', () => process.exit());
  return JSON.parse(process.env.BENCH_SETTINGS!) as S;
}

/** Does what the parent tells, each thing as soon as it comes. */
export function serve(commands: object): void {
  process.on('message', ({ id, name, given }: Order) => {
    const command = (commands as Commands)[name] as (...given: unknown[]) => unknown;
    void Promise.resolve()
      .then(() => command(...given))
      .then(
        (value): Answer => ({ id, value }),
        (error): Answer => ({ id, error: inspect(error) }),
      )
      .then((answer) => process.connected && process.send!(answer));
  });
}
