import { once } from 'node:events';
import { Server, createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

/** One line of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a scrape of an app gave. */
export class Scrape {
  readonly samples: readonly Sample[];

  constructor(readonly text: string) {
    this.samples = text
      .split('\n')
      .filter((line) => line.startsWith('conversion_feedback_'))
      .map(sampleOf);
  }

  /** Sum of the samples of a name that have these labels; 0 where there is none. */
  sum(name: string, labels: Record<string, string> = {}): number {
    return this.of(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  of(name: string, labels: Record<string, string> = {}): Sample[] {
    const wanted = Object.entries(labels);
    return this.samples.filter(
      (sample) =>
        sample.name === `conversion_feedback_${name}` &&
        wanted.every(([label, value]) => sample.labels[label] === value),
    );
  }
}

/** OpenTelemetry's own SDK as an app registers it, and its Prometheus exporter behind HTTP. */
export class Prometheus {
  private constructor(
    private readonly provider: MeterProvider,
    private readonly server: Server,
  ) {}

  static async start(): Promise<Prometheus> {
    const exporter = new PrometheusExporter({ preventServerStart: true });
    const provider = new MeterProvider({ readers: [exporter] });
    metrics.setGlobalMeterProvider(provider);
    const server = createServer((request, response) =>
      exporter.getMetricsRequestHandler(request, response),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Prometheus(provider, server);
  }

  async scrape(): Promise<Scrape> {
    const { port } = this.server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    if (!response.ok) throw new Error(`the scrape answered ${response.status}`);
    return new Scrape(await response.text());
  }

  async stop(): Promise<void> {
    metrics.disable();
    await this.provider.shutdown();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

function sampleOf(line: string): Sample {
  const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line)!;
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  return {
    name,
    labels: Object.fromEntries(pairs.map(([, label, text]) => [label, text])),
    value: Number(value),
  };
}
