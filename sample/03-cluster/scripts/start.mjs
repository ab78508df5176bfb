// `npm run -w sample/03-cluster start`: starts Redis, two web instances and a worker, and logs in across
// them. The sandbox stands in for Plivo, and reads the code; where PLIVO_AUTH_ID, PLIVO_AUTH_TOKEN and
// PLIVO_SRC are set, a person does, and the cluster runs until Ctrl+C. REDIS_URL names another Redis.
import { Cluster } from './cluster.mjs';

const PHONE_NUMBER = '+1 415 555 0123';
/** Ms until a report that doesn't come is given up. */
const PATIENCE = 20_000;

const cluster = new Cluster(process.env, (reason) => void fail(reason));
let stopping = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop(0));

try {
  console.log();
  await cluster.start((line) => console.log(`  ${line}`));
  if (cluster.sandbox) {
    await logIn();
    await stop(0);
  } else {
    console.log(instructions());
    cluster.worker.show();
  }
} catch (error) {
  await fail(error.message);
}

async function logIn() {
  const { sandbox, worker } = cluster;
  const [web1, web2] = cluster.webs;

  step(1, 'Ask web 1 for a code');
  const { verificationId } = await post(`${web1}/otp/send`, { phoneNumber: PHONE_NUMBER });
  const { text, messageUuid } = await sandbox.waitForMessage();

  step(2, 'Read it on the phone');
  show(`"${text}"`);

  step(3, 'Type it in at web 2');
  const code = /\d{6}/.exec(text)[0];
  await post(`${web2}/otp/verify`, { verificationId, code });

  step(4, 'See the worker report it');
  await sandbox.waitForConversion(messageUuid, { timeout: PATIENCE });
  const [reported] = await worker.printed(new RegExp(`Reported ${messageUuid}.*`));
  show(reported);

  step(5, 'See what Plivo knows of it now');
  const { conversions } = sandbox;
  show(`${conversions.length === 1 ? '1 report' : `${conversions.length} reports`}:`);
  for (const { status, timestamp } of conversions) {
    show(JSON.stringify({ messageUuid, status, timestamp }));
  }
}

function step(number, what) {
  console.log(`\n  ${number}. ${what}`);
}

function show(line) {
  console.log(`     ${line}`);
}

async function post(url, body) {
  show(`POST ${url} ${JSON.stringify(body)}`);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.text();
  show(`${response.status} ${answer}`);
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
  return JSON.parse(answer);
}

function instructions() {
  const [web1, web2] = cluster.webs;
  return `
  It sends through Plivo. Ask web 1 for a code with your own phone number:

    curl ${web1}/otp/send -H 'content-type: application/json' -d '{"phoneNumber": "+1…"}'

  and type it in at web 2:

    curl ${web2}/otp/verify -H 'content-type: application/json' -d '{"verificationId": "…", "code": "…"}'

  The worker says below what it reported. Ctrl+C stops all.
`;
}

/** An end that nobody asked for. */
async function fail(reason) {
  if (stopping) return;
  console.error(`\n  ${reason}`);
  await stop(1);
}

async function stop(code) {
  if (stopping) return;
  stopping = true;
  await cluster.stop();
  if (code === 0) console.log('\n  All ended.\n');
  process.exit(code);
}
