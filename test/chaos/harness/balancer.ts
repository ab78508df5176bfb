import type { Answer } from './client.js';
import type { Front } from './load.js';
import type { Service } from './service.js';

/** What stands before several processes of an app, and sends each request to the next of them. */
export class Balancer implements Front {
  /** Requests that were sent on. */
  requests = 0;
  /** Those of them that got no answer. */
  unanswered = 0;
  /** Those of them that were answered with a server's error. */
  erred = 0;
  readonly #inRotation: Service[];
  #next = 0;

  constructor(services: readonly Service[]) {
    this.#inRotation = [...services];
  }

  /** From now on it gets no request. */
  takeOut(service: Service): void {
    this.#inRotation.splice(this.#inRotation.indexOf(service), 1);
  }

  putBack(service: Service): void {
    this.#inRotation.push(service);
  }

  async post(path: string, body: object): Promise<Answer | undefined> {
    const service = this.#inRotation[this.#next++ % this.#inRotation.length];
    this.requests += 1;
    const answer = await service.post(path, body);
    if (!answer) this.unanswered += 1;
    else if (answer.status >= 500) this.erred += 1;
    return answer;
  }
}
