import type { Row, RowOptions } from '../row.js';
import { deliveringHttp } from './delivering-http.js';
import { deliveringNothing } from './delivering-nothing.js';
import { settling } from './settling.js';

/** Our storage on Redis beside BullMQ without us, each with a Redis of its own. */
export const bullmq: Row = {
  name: 'bullmq',
  what: 'the BullMQ storage: reports settled and delivered in a second; memory',
  against: 'bare BullMQ',
  figures: [
    {
      name: 'delivering, to a function that does nothing',
      unit: 'in a second',
      compare: 'ratio',
      goal: { atLeast: 0.8 },
      against: 'its worker',
    },
    {
      name: 'delivering, over HTTP',
      unit: 'in a second',
      compare: 'ratio',
      goal: { atLeast: 0.8 },
      against: 'its worker, with axios.post',
    },
    {
      name: 'settling, by 64 callers',
      unit: 'in a second',
      compare: 'ratio',
      goal: { atLeast: 0.45 },
      against: 'add() by 64 callers',
    },
    {
      name: 'memory of a job',
      unit: 'bytes',
      compare: 'ratio',
      goal: { atMost: 1.2 },
      against: 'its job',
    },
    {
      name: 'memory of a job and its message',
      unit: 'bytes',
      compare: 'ratio',
      against: 'its job',
    },
  ],
  async measure(options) {
    const { rounds, onRound } = options;
    const part = (index: number): RowOptions => ({
      ...options,
      onRound: (done) => onRound?.((index * rounds + done) / 3),
    });
    return {
      ...(await settling(part(0))),
      ...(await deliveringNothing(part(1))),
      ...(await deliveringHttp(part(2))),
    };
  },
};
