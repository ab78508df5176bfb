// A process of its own on a store: it runs the built package, and does what it is told over
// IPC. Its time stands still until it is told to jump, and its provider is asked over IPC as well.
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { LmdbConversionStorage } from '../../../dist/esm/index.js';
import { BullMQConversionStorage } from '../../../dist/esm/storage/bullmq/index.js';

let now = 0;
let elapsed = 0;
let machineAhead = 0;
const timers = new Set();

// Leases run by the machine's time since its start.
const machineTime = process.hrtime.bigint.bind(process.hrtime);
process.hrtime.bigint = () => machineTime() + BigInt(machineAhead) * 1_000_000n;

const clock = {
  now: () => now,
  elapsed: () => elapsed,
  after(ms, callback) {
    const timer = { at: elapsed + Math.max(0, ms), callback };
    timers.add(timer);
    return () => timers.delete(timer);
  },
};

let storage;
let asked = 0;
const questions = new Map();

const actions = {
  async open({ store: { path, redis, queueName }, ...host }) {
    storage =
      path === undefined
        ? new BullMQConversionStorage({ connection: { port: redis }, queueName })
        : new LmdbConversionStorage({ path });
    await storage.open({
      ...host,
      clock,
      random: () => 0.5,
      logger: new Logger('test'),
      account: 'default',
      accountId: 'digest',
      lost: () => {},
      closing: new AbortController().signal,
      emit: (event) => process.send({ event }),
      abandon: () => {},
      deliver: (report) =>
        new Promise((resolve) => {
          questions.set((asked += 1), resolve);
          process.send({ question: asked, report });
        }),
    });
    storage.deliver();
  },
  /** Moves time, and fires what is due by then, the earliest first. */
  jump(to) {
    elapsed += to.now - now;
    ({ now, machineAhead } = to);
    const due = [...timers].filter(({ at }) => at <= elapsed).sort((a, b) => a.at - b.at);
    for (const timer of due) if (timers.delete(timer)) timer.callback();
  },
  /** As many callers as are asked for settle at once. */
  settleAtOnce: (outcome, callers) =>
    Promise.all(Array.from({ length: callers }, () => storage.settle(outcome))),
  async close() {
    // What waits for a timer would wait for ever.
    const closing = setInterval(() => actions.jump({ now: now + 1_000, machineAhead }), 1);
    await storage.close().finally(() => clearInterval(closing));
    timers.clear();
    questions.clear();
  },
};

process.on('message', async ({ call, action, args, answerTo, answer }) => {
  if (answerTo) return questions.get(answerTo)?.(answer);
  try {
    const result = await (actions[action] ?? storage[action].bind(storage))(...args);
    process.send({ call, result });
  } catch (error) {
    process.send({ call, error: String(error.stack) });
  }
});
process.send({ ready: true });
