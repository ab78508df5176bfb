import { context, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';

/** OpenTelemetry's own SDK as an app registers it, which keeps all spans. */
export class Spans {
  readonly #exporter = new InMemorySpanExporter();
  readonly #provider = new NodeTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(this.#exporter)],
  });

  constructor() {
    this.#provider.register();
  }

  /** Those that have ended, by their name. */
  named(name: string): ReadableSpan[] {
    return this.#exporter.getFinishedSpans().filter((span) => span.name === name);
  }

  get all(): ReadableSpan[] {
    return this.#exporter.getFinishedSpans();
  }

  async stop(): Promise<void> {
    trace.disable();
    context.disable();
    await this.#provider.shutdown();
  }
}
