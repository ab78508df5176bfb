// The plots' numbers as a table, newest hour first.
import { byId, element } from './elements.js';
import { count, duration, moment, percent } from './words.js';

export function showHours(hours) {
  const rows = hours
    .toReversed()
    .map((hour) =>
      element(
        'tr',
        {},
        element(
          'th',
          { scope: 'row' },
          element('time', { dateTime: hour.hour }, moment(hour.hour)),
        ),
        ...[
          percent(hour.rate),
          count(hour.sent),
          count(hour.converted),
          duration(hour.medianTimeToConvert),
          duration(hour.p95TimeToConvert),
        ].map((text) => element('td', { className: 'number' }, text)),
      ),
    );
  byId('hours').replaceChildren(...rows);
}
