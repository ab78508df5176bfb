interface Wanted<Wish, Answer> {
  readonly wish: Wish;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  readonly asked: () => void;
}

/** Asks for what was wanted within one turn of the event loop in one go. */
export class Together<Wish, Answer> {
  #wanted: Wanted<Wish, Answer>[] = [];

  /**
   * @param ask its answers are in the order of the wishes; an error among them is for that wish alone
   * @param most wishes in one go
   */
  constructor(
    private readonly ask: (wishes: readonly Wish[]) => Promise<readonly (Answer | Error)[]>,
    private readonly most: number,
  ) {}

  /** @param asked called once it was asked for, before there is an answer */
  want(wish: Wish, asked = (): void => {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#wanted.push({ wish, resolve, reject, asked });
      if (this.#wanted.length === 1) setImmediate(() => this.now());
    });
  }

  /** Asks for what was wanted so far: something that must not come before is to be asked. */
  now(): void {
    while (this.#wanted.length > 0) this.#askFor(this.#wanted.splice(0, this.most));
  }

  #askFor(wanted: readonly Wanted<Wish, Answer>[]): void {
    this.ask(wanted.map(({ wish }) => wish)).then(
      (answers) =>
        wanted.forEach(({ resolve, reject }, index) => {
          const answer = answers[index];
          if (answer instanceof Error) reject(answer);
          else resolve(answer);
        }),
      (error: unknown) => wanted.forEach(({ reject }) => reject(error)),
    );
    for (const { asked } of wanted) asked();
  }
}
