// Countries: as a list to choose from, and as a table whose rates are bars.
import { byId, element, replaceChildren } from './elements.js';
import { count, countryName, duration, percent } from './words.js';

/** Stands for all countries; a country's own value is its code, or empty where it isn't known. */
export const ALL = '*';

/** @param choose called with a country's value */
export function showCountries(countries, chosen, choose) {
  showOptions(countries, chosen);
  const rows = countries.map((one) => row(one, one.country === chosen, choose));
  replaceChildren(byId('countries'), rows);
  byId('countries-lead').textContent =
    countries.length === 0
      ? 'None yet.'
      : 'Those with the most messages first. Choose one to see it in the plots.';
}

function showOptions(countries, chosen) {
  const codes = countries.map(({ country }) => country);
  // One that was chosen in a longer range stays to be chosen, with nothing sent.
  if (chosen !== ALL && !codes.includes(chosen)) codes.push(chosen);
  const byName = codes
    .map((code) => ({ code, name: countryName(code) }))
    .sort((one, other) => one.name.localeCompare(other.name));
  byId('country').replaceChildren(
    element('option', { value: ALL }, 'All countries'),
    ...byName.map(({ code, name }) => element('option', { value: code }, name)),
  );
  byId('country').value = chosen;
}

function row(one, isChosen, choose) {
  const { country, rate, sent, converted, medianTimeToConvert, p95TimeToConvert, drops } = one;
  const name = countryName(country);
  const button = element(
    'button',
    {
      type: 'button',
      className: 'name',
      data: { key: `country-${country}` },
      attributes: { 'aria-pressed': String(isChosen) },
    },
    name,
  );
  button.addEventListener('click', () => choose(isChosen ? ALL : country));
  const bar = element('span', { className: 'rate-bar', attributes: { 'aria-hidden': 'true' } });
  const filled = element('span', {});
  // By the object model: a style attribute would be refused by the page's own policy.
  filled.style.width = `${(rate ?? 0) * 100}%`;
  bar.append(filled);
  const isDown = drops.some(({ until }) => until === null);
  const flag = isDown ? [element('span', { className: 'flag' }, 'dropped')] : [];
  return element(
    'tr',
    { data: { testid: 'country-row', country }, attributes: { role: 'row' } },
    element('th', { scope: 'row', attributes: { role: 'rowheader' } }, button, ...flag),
    element(
      'td',
      { attributes: { role: 'cell' } },
      element(
        'div',
        { className: 'rate' },
        bar,
        element('b', { data: { testid: 'country-rate' } }, percent(rate)),
      ),
    ),
    cell('Sent', count(sent)),
    cell('Converted', count(converted)),
    cell('Median', duration(medianTimeToConvert)),
    cell('95 %', duration(p95TimeToConvert)),
  );
}

function cell(label, text) {
  const data = { label, testid: `country-${label.toLowerCase()}` };
  return element('td', { className: 'number', data, attributes: { role: 'cell' } }, text);
}
