/**
 * What the contract needs of a test runner: Jest's functions fit, and Vitest's. These types are our own,
 * so that neither runner's are needed.
 */
export interface TestFunctions {
  describe(this: void, name: string, define: () => void): unknown;
  it(this: void, name: string, run: () => Promise<void>, timeout?: number): unknown;
  beforeEach(this: void, run: () => Promise<void>, timeout?: number): unknown;
  afterEach(this: void, run: () => Promise<void>, timeout?: number): unknown;
  readonly expect: Expect;
}

/** What begins an expectation. */
export interface Expect {
  (actual: unknown): Expectations;
  any(type: unknown): unknown;
  objectContaining(properties: Record<string, unknown>): unknown;
  stringContaining(part: string): unknown;
}

/** What can be expected. */
export interface Matchers<Result = void> {
  toBe(expected: unknown): Result;
  toBeGreaterThanOrEqual(least: number): Result;
  toBeUndefined(): Result;
  toContain(item: unknown): Result;
  toEqual(expected: unknown): Result;
  toHaveLength(length: number): Result;
  toHaveProperty(name: string, value?: unknown): Result;
  toMatchObject(properties: object): Result;
  toThrow(message: string): Result;
}

/** An expectation of a value, its contrary, and one of the error that a promise rejects with. */
export interface Expectations extends Matchers<void> {
  readonly not: Matchers<void>;
  readonly rejects: Matchers<Promise<void>>;
}
