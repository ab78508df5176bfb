import { ConversionFeedbackEvent } from '../conversion-feedback.events.js';

type TypeOf = ConversionFeedbackEvent['type'];
type EventOf<T extends TypeOf> = Extract<ConversionFeedbackEvent, { type: T }>;

/** Keeps events, and lets a test wait for one. */
export class EventLog {
  readonly all: ConversionFeedbackEvent[] = [];
  readonly #waiting = new Set<() => void>();

  readonly emit = (event: ConversionFeedbackEvent): void => {
    this.all.push(event);
    for (const look of this.#waiting) look();
  };

  of<T extends TypeOf>(type: T): EventOf<T>[] {
    return this.all.filter((event): event is EventOf<T> => event.type === type);
  }

  /** Resolves with the events of a type once there are so many; rejects with what there was. */
  until<T extends TypeOf>(type: T, count = 1, timeout = 10_000): Promise<EventOf<T>[]> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const events = this.of(type);
        if (events.length < count) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(events);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        const seen = this.all.map((event) => event.type).join(', ') || 'none';
        reject(new Error(`waited ${timeout} ms for ${count} × ${type}; events so far: ${seen}`));
      }, timeout);
      this.#waiting.add(look);
      look();
    });
  }
}
