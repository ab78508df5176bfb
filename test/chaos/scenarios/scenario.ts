import { Provider } from '../harness/provider.js';
import type { SandboxSettings } from '../harness/protocol.js';
import { Records } from '../harness/records.js';
import { Service, type ServiceSettings } from '../harness/service.js';

/** A thing that was measured, and what is promised of it. */
export interface Figure {
  readonly name: string;
  readonly value: string | number;
  readonly promised?: string;
}

export interface ScenarioResult {
  readonly figures: readonly Figure[];
  /** What must not be, each in a sentence; none where every promise held. */
  readonly violations: readonly string[];
  /** Ratios that weren't reached, each in a sentence: a machine that is busy otherwise may be why. */
  readonly missed?: readonly string[];
}

export interface ScenarioOptions {
  readonly seed: number;
  /** How long it is; what that counts is the scenario's own. */
  readonly rounds: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A course of events that the module has to stand. */
export interface Scenario {
  readonly name: string;
  /** What `rounds` counts, and how many make the whole. */
  readonly unit: string;
  readonly whole: number;
  run(options: ScenarioOptions): Promise<ScenarioResult>;
}

/** A provider and a service, and what the service said. */
export interface World {
  readonly provider: Provider;
  readonly service: Service;
  readonly records: Records;
}

/** Makes a world for as long as a function runs, and leaves nothing of it. */
export async function inWorld<T>(
  settings: { readonly service?: ServiceSettings; readonly provider?: SandboxSettings },
  play: (world: World) => Promise<T>,
): Promise<T> {
  const provider = await Provider.start(settings.provider);
  try {
    const service = await Service.start(provider, settings.service);
    try {
      return await play({ provider, service, records: new Records(service) });
    } finally {
      await service.stop();
    }
  } finally {
    await provider.stop();
  }
}
