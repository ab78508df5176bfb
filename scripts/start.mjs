// `npm start`: sample/01-otp-login with the Plivo sandbox beside it, or with Plivo itself where
// PLIVO_AUTH_ID, PLIVO_AUTH_TOKEN and PLIVO_SRC are set. PORT and SANDBOX_PORT choose the ports.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PlivoSandbox } from '../dist/esm/sandbox/index.js';

const SAMPLE = join(import.meta.dirname, '..', 'sample', '01-otp-login');
/** Longer than the app takes for the requests in flight. */
const GRACE = 10_000;

const { env } = process;
const usesPlivo = Boolean(env.PLIVO_AUTH_ID || env.PLIVO_AUTH_TOKEN || env.PLIVO_SRC);

let app;
let sandbox;
let stopping = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop(0));

try {
  if (!usesPlivo)
    sandbox = await PlivoSandbox.start({ port: await portFrom('SANDBOX_PORT', 4010) });
  const url = await startApp(await portFrom('PORT', 3000));
  console.log(greeting(url));
} catch (error) {
  await fail(error.message);
}

/** The port that is set, or else the usual one, or else (0) a free one. */
async function portFrom(variable, usual) {
  if (env[variable]) return Number(env[variable]);
  if (await isFree(usual)) return usual;
  console.log(`Port ${usual} is taken: a free one takes its place (${variable} chooses).`);
  return 0;
}

async function isFree(port) {
  const server = createServer().listen(port, env.HOST || '127.0.0.1');
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** Resolves with the app's address. Its output is held back until then: a boot is long and dull. */
function startApp(port) {
  app = spawn(process.execPath, ['dist/main.js'], {
    cwd: SAMPLE,
    env: { ...env, PORT: String(port), ...(sandbox && { SANDBOX_URL: sandbox.url }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let output = '';
    let isUp = false;
    const hold = (chunk) => {
      output += chunk;
      const url = /Listening on (http:\/\/[\w.:[\]]+)/.exec(output)?.[1];
      if (url === undefined) return;
      for (const from of ['stdout', 'stderr']) app[from].off('data', hold).pipe(process[from]);
      isUp = true;
      resolve(url);
    };
    app.stdout.on('data', hold);
    app.stderr.on('data', hold);
    app.once('error', reject);
    app.once('close', (code, signal) => {
      const end = `The login app ended (${signal ?? `exit code ${code}`}).`;
      if (isUp) void fail(end);
      else reject(new Error(`${end}\n${output}`));
    });
  });
}

function greeting(url) {
  if (usesPlivo) {
    return `
  Login page   ${url}
  Dashboard    ${url}/conversion-feedback

  It sends through Plivo: ask for a code with your own phone number, and type it in. The message
  is then reported CONVERTED.

  Ctrl+C stops it.
`;
  }
  return `
  Login page       ${url}
  Phone's inbox    ${sandbox.url}
  Dashboard        ${url}/conversion-feedback

  1. Open the login page and ask for a code: any number will do, such as +1 415 555 0123.
  2. Read the code in the inbox, and type it in.
  3. In the inbox, see the message turn CONVERTED; in the dashboard, see it counted.

  Ctrl+C stops both.
`;
}

/** An end that nobody asked for. */
async function fail(reason) {
  if (stopping) return;
  console.error(reason);
  await stop(1);
}

/** The app first: it may still deliver to the sandbox. */
async function stop(code) {
  if (stopping) return;
  stopping = true;
  if (app?.exitCode === null && app.signalCode === null) {
    const closed = once(app, 'close');
    app.kill('SIGTERM');
    const timer = setTimeout(() => app.kill('SIGKILL'), GRACE);
    await closed;
    clearTimeout(timer);
  }
  await sandbox?.stop();
  process.exit(code);
}
