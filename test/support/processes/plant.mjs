// An app of the built package that is led through everything that can go wrong, with markers in the
// place of all that is secret, by a provider that repeats what it hears. It prints every event,
// error and failed report as fully as Node can. The test searches what it printed and stored.
import 'reflect-metadata';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ConversionFeedbackModule,
  ConversionFeedbackService,
  LmdbConversionStorage,
  TrackConversion,
} from '../../../dist/esm/index.js';

const { TOKEN, CODE, WORD, DST, SRC, ID, STORE } = process.env;
const uuid = (n) => `db3ce55a-7f1d-11e1-8ea7-${String(n).padStart(12, '0')}`;

function print(name, value) {
  const printed = value?.type ? { ...value } : value;
  // An event carries the id that the app gave it: that is the app's to print.
  if (value?.type) delete printed.verificationId;
  console.log(name, inspect(printed, { depth: 20, showHidden: true, getters: true }));
  console.log(name, JSON.stringify(printed));
  if (!(value instanceof Error)) return;
  const own = JSON.stringify(Object.getOwnPropertyDescriptors(value));
  console.log(name, value.stack, String(value), own);
  if (value.cause !== undefined) print(`cause of ${name}`, value.cause);
}

process.on('uncaughtException', (error) => {
  print('UNCAUGHT', error);
  process.exit(1);
});
process.on('warning', (warning) => print('warning', warning));

/** Resolves once the call has failed, and prints how. */
async function failing(name, call) {
  const outcome = await Promise.resolve()
    .then(call)
    .then(
      () => console.log(`${name} did not fail`),
      (error) => print(name, error),
    );
  return outcome;
}

const FORMS = {
  plain: (text) => text,
  base64: (text) => Buffer.from(text).toString('base64'),
  hex: (text) => Buffer.from(text).toString('hex'),
  percent: encodeURIComponent,
  json: (text) => JSON.stringify(text),
  utf16: (text) => Buffer.from(text, 'utf16le').toString('latin1'),
};
const PLACES = {
  error: (said) => ({ api_id: 'a', error: said }),
  message: (said) => ({ api_id: 'a', message: said }),
  api_id: (said) => ({ api_id: said, error: 'no' }),
  nested: (said) => ({ api_id: 'a', error: { deep: [{ said }] } }),
  message_uuid: (said) => ({ api_id: said, message_uuid: [said] }),
  list: (said) => [said],
};

/** How the provider answers next; undefined: as Plivo does. */
let answer;

const provider = createServer((request, response) => {
  let received = '';
  request
    .on('data', (chunk) => (received += chunk))
    .on('end', () => respond(request, response, received));
});

function respond(request, response, received) {
  const { status = 202, place = 'accepted', form = 'plain', cut } = answer ?? {};
  if (cut) return request.socket.destroy();
  const isMessage = request.url.endsWith('/Message/');
  // Of a report's message it may remember the numbers and the code, but it can't know of our forms.
  const known = isMessage
    ? [JSON.parse(received).text, CODE, WORD, DST, SRC]
    : form === 'plain'
      ? [DST, SRC, CODE]
      : [];
  const said = [request.headers.authorization.slice(6), TOKEN, ...known].map(FORMS[form]).join(' ');
  const header = said.replace(/[^\x21-\x7e]/g, '?');
  response.writeHead(status, {
    'x-echo': header,
    'retry-after': status === 503 ? header : [],
    location: `/${header}`,
  });
  if (place === 'accepted')
    return response.end(
      JSON.stringify({ api_id: uuid(0), message_uuid: [uuid(Math.floor(Math.random() * 1e9))] }),
    );
  if (place === 'html') return response.end(`<p>${said}</p>`);
  return response.end(JSON.stringify(PLACES[place](said)));
}

await new Promise((resolve) => provider.listen(0, '127.0.0.1', resolve));
const baseUrl = `http://127.0.0.1:${provider.address().port}`;

// Options that are wrong, with the token in whatever place it may be put by mistake.
const right = { authId: 'MAXXXXXXXXXXXXXXXXXX', authToken: TOKEN, baseUrl };
const wrongs = {
  'a token that is no text': { authToken: `${TOKEN}\ud800` },
  'a token in a list': { authToken: [TOKEN] },
  'a token as id': { authId: TOKEN },
  'a token in the URL': { baseUrl: `https://MAXX:${encodeURIComponent(TOKEN)}@api.plivo.com` },
  'a token in http.auth': { http: { auth: { username: 'MAXX', password: TOKEN } } },
  'a token in http.headers': { http: { headers: { authorization: `Basic ${TOKEN}` } } },
  'a token as http': { http: TOKEN },
  'a token as storage': { storage: TOKEN },
  'a token beside a bad number': { retention: -1 },
};
for (const [name, wrong] of Object.entries(wrongs)) {
  await failing(`boot with ${name}`, () =>
    NestFactory.createApplicationContext(ConversionFeedbackModule.forRoot({ ...right, ...wrong }), {
      abortOnError: false,
    }),
  );
}
await failing('boot on a file', () =>
  NestFactory.createApplicationContext(
    ConversionFeedbackModule.forRoot({
      ...right,
      storage: new LmdbConversionStorage({ path: process.argv[1] }),
    }),
    { abortOnError: false },
  ),
);

class LoginController {
  verify() {
    return { ok: true };
  }

  judge() {
    return { ok: true };
  }
}
const decorate = (method, path, options) => {
  const descriptor = Object.getOwnPropertyDescriptor(LoginController.prototype, method);
  for (const decorator of [Post(path), TrackConversion(options)])
    decorator(LoginController.prototype, method, descriptor);
};
decorate('verify', 'verify', {});
decorate('judge', 'judge', {
  when: (_, context) => {
    throw new Error(
      `hostile ${TOKEN} ${CODE} ${context.switchToHttp().getRequest().body.verificationId}`,
    );
  },
});
Controller()(LoginController);

/** Fails for a while, as a full disk does. */
class SickStorage extends LmdbConversionStorage {
  sick = false;

  settle(outcome) {
    return this.sick ? Promise.reject(new Error('ENOSPC: no space left')) : super.settle(outcome);
  }
}
const storage = new SickStorage({ path: STORE });

class AppModule {}
Module({
  imports: [
    ConversionFeedbackModule.forRoot({
      ...right,
      storage,
      delivery: { timeout: 1_000, backoff: { initial: 1, max: 1 }, rateLimit: false },
    }),
  ],
  controllers: [LoginController],
})(AppModule);

const app = await NestFactory.create(AppModule, {
  logger: ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'],
});
const feedback = app.get(ConversionFeedbackService);
const events = [];
feedback.events$.subscribe((event) => {
  events.push(event);
  print('event', event);
});
await app.listen(0, '127.0.0.1');
console.log('service', inspect(feedback, { depth: 20, showHidden: true }));

const until = async (fits) => {
  while (!events.some(fits)) await sleep(5);
};
const post = async (path, verificationId) =>
  (
    await fetch(`${await app.getUrl()}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ verificationId, code: CODE }),
    })
  ).text();
const message = {
  verificationId: ID,
  dst: `+${DST}`,
  src: SRC,
  text: `Your code is ${CODE}.\n"${WORD}"`,
};

// A message that can't be sent as it is.
for (const field of [
  'verificationId',
  'dst',
  'src',
  'text',
  'powerpackUuid',
  'url',
  'method',
  'log',
  'messageExpiry',
  'dltEntityId',
  'trackable',
])
  for (const wrong of [`+${DST}`.repeat(50), [`+${DST}`, CODE], { [CODE]: DST }, Number(DST)])
    if (field !== 'text' || typeof wrong !== 'string')
      await failing(`send with a bad ${field}`, () =>
        feedback.send({ ...message, [field]: wrong }),
      );
await failing('send a body read as a form', () =>
  feedback.send({ ...message, [JSON.stringify(message)]: '' }),
);

// Arguments mixed up.
await failing('track mixed up', () => feedback.track(uuid(1), ID));
await failing('track a bad dst', () => feedback.track('v', uuid(1), { dst: `+${DST}<+${SRC}` }));
await failing('report mixed up', () => feedback.report('CONVERTED', ID));
await failing('a number as time', () =>
  feedback.report('v', 'CONVERTED', { timestamp: Number(DST) }),
);
await failing('reportMessage mixed up', () => feedback.reportMessage(ID, 'CONVERTED'));
await failing('retryFailed mixed up', () => feedback.retryFailed(ID));
await feedback.track(ID, uuid(2), { dst: DST });
await failing('track under two ids', () => feedback.track(`${ID}0`, uuid(2)));

// A provider that repeats what it was sent, in every place and form.
const bad = [400, 401, 500, 202].flatMap((status) =>
  Object.keys(FORMS).flatMap((form) =>
    [...Object.keys(PLACES), 'html'].map((place) => ({ status, form, place })),
  ),
);
for (answer of [...bad, { cut: true }]) {
  if (answer.status === 202 && !['html', 'message_uuid', 'list', 'api_id'].includes(answer.place))
    continue;
  await failing(`send, answered ${JSON.stringify(answer)}`, () => feedback.send(message));
}
answer = undefined;
print('sent', await feedback.send(message));

// Reports of which the provider says the same, and a login by each.
let count = 10;
for (answer of bad.filter(({ status }) => status === 400)) {
  count += 1;
  await feedback.track(`${ID}-${count}`, uuid(count));
  await post('verify', `${ID}-${count}`);
}
const failed = bad.filter(({ status }) => status === 400).length;
while (events.filter(({ type }) => type === 'failed').length < failed) await sleep(5);
print('failed reports', await feedback.failed());

// Delivery is slowed, refused and cut.
for (answer of [
  { status: 500, place: 'error' },
  { status: 503, place: 'nested' },
]) {
  const before = events.length;
  await feedback.reportMessage(uuid((count += 1)), 'CONVERTED');
  await until(
    (event) => ['retrying', 'paused'].includes(event.type) && events.indexOf(event) >= before,
  );
}
answer = { status: 401, place: 'error' };
await feedback.retryFailed();
await until(({ type }) => type === 'paused');

// A storage that fails, predicates that throw, verifications that nobody knows.
storage.sick = true;
await failing('report to a sick storage', () => feedback.report(ID));
await post('verify', ID);
await post('judge', ID);
await post('verify', `${ID}-nobody`);
await post('verify', [ID]);
await post('verify', ID.repeat(100));
storage.sick = false;
await feedback.flush({ timeout: 10 });

console.log('all was tried');
await app.close();
await failing('report after the end', () => feedback.report(ID));
provider.close();
provider.closeAllConnections();
