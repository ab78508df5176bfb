import type { Tally } from '../harness/tally.js';
import type { Figure } from './scenario.js';

/** The lines of the table that every scenario with a tally has. */
export function tallyFigures({ verdicts, repeats, ...tally }: Tally): Figure[] {
  return [
    { name: 'accepted (verifications answered 2xx)', value: tally.accepted },
    { name: 'recorded (messages)', value: tally.recorded },
    { name: 'delivered (messages)', value: tally.delivered },
    { name: 'failed and kept', value: tally.failed },
    { name: 'lost (verifications)', value: verdicts.lost, promised: '0' },
    { name: 'recorded, and neither delivered nor kept', value: tally.missing, promised: '0' },
    { name: 'wrong status (verifications)', value: verdicts.wrong, promised: '0' },
    { name: 'answered before it was recorded, and gone', value: verdicts.unrecorded },
    { name: 'given up by the app itself (dropped)', value: tally.dropped },
    { name: 'repeated: died between answer and note', value: repeats.byKill },
    {
      name: 'repeated: the most by one kill',
      value: repeats.mostByOneKill,
      promised: 'at most the requests in flight',
    },
    { name: 'repeated: two processes changed places', value: repeats.byHandover },
    { name: 'repeated: the answer was cut', value: repeats.byCut },
    { name: 'repeated without a reason', value: repeats.unexplained.length, promised: '0' },
    { name: 'reported by two requests at once', value: repeats.atOnce.length, promised: '0' },
  ];
}
