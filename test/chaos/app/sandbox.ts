import 'reflect-metadata';
import { PlivoSandbox, type SandboxRequest } from 'nestjs-conversion-feedback/sandbox';
import type { ConversionStatus } from 'nestjs-conversion-feedback';
import type { Received, SandboxQuestion, SandboxSettings, SentOut } from '../harness/protocol.js';
import { chaosTime } from '../harness/time.js';
import { endWithParent } from './parent.js';

const CONVERSION = /\/message\/([^/]+)\/conversion\/$/;

const { rateLimit, takesUnknown } = JSON.parse(process.env.CHAOS_SANDBOX!) as SandboxSettings;
const sandbox = await PlivoSandbox.start({
  keep: 1_000_000,
  now: () => Math.floor(chaosTime()),
  rateLimit,
  unknownMessage: takesUnknown ? 200 : 404,
});

const answers: { [K in SandboxQuestion['ask']]: (q: SandboxQuestion & { ask: K }) => unknown } = {
  fail: ({ fault }) => sandbox.fail(fault),
  clear: () => sandbox.clearFaults(),
  down: ({ how }) => sandbox.down(how),
  up: () => sandbox.up(),
  messages: () =>
    sandbox.messages.map(({ messageUuid, text, conversions }): SentOut => {
      return { messageUuid, text, reports: conversions.map(({ status }) => status) };
    }),
  requests: () => sandbox.requests.map(received),
};

function received({ path, body, receivedAt, answeredAt, status, error }: SandboxRequest): Received {
  const messageUuid = CONVERSION.exec(path)?.[1];
  const answered = status !== undefined && status < 300 && error === undefined;
  const unheard = status === undefined && body !== '';
  return {
    messageUuid,
    reported: messageUuid && body ? statusIn(body) : undefined,
    receivedAt: receivedAt.getTime(),
    answeredAt: answeredAt?.getTime(),
    status,
    taken: answered || unheard,
  };
}

function statusIn(body: string): ConversionStatus {
  return (JSON.parse(body) as { status: ConversionStatus }).status;
}

endWithParent();
process.on('message', ({ id, question }: { id: number; question: SandboxQuestion }) => {
  const answer = answers[question.ask] as (q: SandboxQuestion) => unknown;
  void Promise.resolve()
    .then(() => answer(question))
    .then(
      (value) => process.send!({ id, value }),
      (error) => process.send!({ id, error: String(error) }),
    );
});
const { url, authId, authToken } = sandbox;
process.send!({ id: 0, value: { url, authId, authToken } });
