interface Waiting<Wish, Answer> {
  readonly wish: Wish;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Asks for what was wanted within one turn of the event loop in one go. */
export class Together<Wish, Answer> {
  #waiting: Waiting<Wish, Answer>[] = [];

  /**
   * @param ask its answers are in the order of the wishes; an error among them is for that wish alone
   * @param most wishes in one go
   */
  constructor(
    private readonly ask: (wishes: readonly Wish[]) => Promise<readonly (Answer | Error)[]>,
    private readonly most: number,
  ) {}

  want(wish: Wish): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ wish, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#ask());
    });
  }

  #ask(): void {
    while (this.#waiting.length > 0) this.#askFor(this.#waiting.splice(0, this.most));
  }

  #askFor(waiting: readonly Waiting<Wish, Answer>[]): void {
    this.ask(waiting.map(({ wish }) => wish)).then(
      (answers) =>
        waiting.forEach(({ resolve, reject }, index) => {
          const answer = answers[index];
          if (answer instanceof Error) reject(answer);
          else resolve(answer);
        }),
      (error: unknown) => waiting.forEach(({ reject }) => reject(error)),
    );
  }
}
