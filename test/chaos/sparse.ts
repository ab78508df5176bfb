import type { Figure, ScenarioResult } from './scenarios/scenario.js';

/** A result for specs: its violations, and a figure by its name. */
export function sparse({ figures, violations }: ScenarioResult) {
  const value = (name: string): Figure['value'] => {
    const figure = figures.find((each) => each.name === name);
    if (!figure) throw new Error(`There is no figure "${name}"`);
    return figure.value;
  };
  return { violations, value };
}
