import { parseEnv } from 'node:util';

/** Where the sandbox listens that the terminal is told to start. */
export const SANDBOX_PORT = 4010;

/** As in lib/sandbox/options.ts, which loads packages that an app may not have yet. */
const VARIABLES = {
  PLIVO_AUTH_ID: 'MASANDBOXAUTHID00000',
  PLIVO_AUTH_TOKEN: 'sandbox-auth-token',
  PLIVO_BASE_URL: `http://127.0.0.1:${SANDBOX_PORT}`,
};

const COMMENT = `# Plivo's sandbox: npx nestjs-conversion-feedback sandbox --port ${SANDBOX_PORT}`;

/** Whether it names an account already, of which we can't know the rest. */
export function namesAccount(text: string): boolean {
  const { PLIVO_AUTH_ID, PLIVO_AUTH_TOKEN } = parseEnv(text);
  return PLIVO_AUTH_ID !== undefined || PLIVO_AUTH_TOKEN !== undefined;
}

/**
 * A .env's text with the sandbox's address and credentials. What it sets stays; where it names an
 * account, nothing is added, for the sandbox's address would take that account's messages.
 */
export function withSandbox(text: string): string {
  if (namesAccount(text)) return text;
  const present = parseEnv(text);
  const missing = Object.entries(VARIABLES).filter(([name]) => !(name in present));
  const lines = missing.map(([name, value]) => `${name}=${value}`);
  return [...(text === '' ? [] : [text.trimEnd(), '']), COMMENT, ...lines, ''].join('\n');
}
