/** Asks for what was wanted within one turn of the event loop in one go. */
export class Together<Wish, Answer> {
  #wishes: { wish: Wish; resolve: (answer: Answer) => void; reject: (error: unknown) => void }[] =
    [];

  constructor(private readonly ask: (wishes: readonly Wish[]) => Promise<readonly Answer[]>) {}

  want(wish: Wish): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#wishes.push({ wish, resolve, reject });
      if (this.#wishes.length === 1) setImmediate(() => this.#ask());
    });
  }

  #ask(): void {
    const wishes = this.#wishes.splice(0);
    this.ask(wishes.map(({ wish }) => wish)).then(
      (answers) => wishes.forEach(({ resolve }, index) => resolve(answers[index])),
      (error: unknown) => wishes.forEach(({ reject }) => reject(error)),
    );
  }
}
