// The page's state: which range and country are chosen. It asks the app for what to show, every half
// minute and at once when something is chosen, and hands it to the parts. Addresses are relative, so
// that it works wherever it is mounted.
import { ALL, showCountries } from './countries.js';
import { byId, element } from './elements.js';
import { showHours } from './hours.js';
import { drawPlots } from './plots.js';
import { pauseAlert, showReports } from './reports.js';
import { count, countryName, counted, duration, moment, percent, time, timeZone } from './words.js';

const REFRESH = 30_000;

const chosen = readAddress();
/** The latest question: an answer to an older one comes too late. */
let asked = 0;
let timer;

async function refresh(announceAs) {
  clearTimeout(timer);
  const number = (asked += 1);
  const query = new URLSearchParams({ range: chosen.range });
  if (chosen.country !== ALL) query.set('country', chosen.country);
  try {
    const data = await ask(`data?${query}`);
    if (number !== asked) return;
    byId('problem').hidden = true;
    show(data);
    if (announceAs) announce(announceAs(data));
  } catch (error) {
    if (number === asked) showProblem(error);
  }
  if (number === asked) timer = setTimeout(refresh, REFRESH);
}

/** Asks the app. A guard's refusal, or its redirect to a login page, is no JSON of ours. */
async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { cache: 'no-store', ...options });
  } catch {
    throw new Error('The app can’t be reached. Trying again.');
  }
  const answer = await response.json().catch(() => undefined);
  if (response.ok && answer !== undefined) return answer;
  const isOurs = typeof answer?.error === 'string' && answer.statusCode === undefined;
  if ([200, 401, 403].includes(response.status) && !isOurs)
    throw new Error('You aren’t let in any more. Reload the page to sign in again.');
  const why = answer?.error ?? answer?.message ?? 'no reason given';
  throw new Error(`The app answered ${response.status}: ${why}`);
}

function show(data) {
  const { account, chosen: series, countries, from, to, pause } = data;
  byId('subtitle').textContent =
    account === 'default' ? 'One-time passwords by SMS' : `Account ${account}`;
  byId('state').dataset.state = pause ? 'paused' : 'fresh';
  byId('state').textContent = pause ? 'Delivery paused' : `Updated ${time(Date.now())}`;
  showAlerts(countries, pause);
  byId('rate').textContent = percent(series.rate);
  byId('sent').textContent = count(series.sent);
  byId('converted').textContent = count(series.converted);
  byId('median').textContent = duration(series.medianTimeToConvert);
  byId('p95').textContent = duration(series.p95TimeToConvert);
  byId('empty').hidden = series.sent > 0;
  byId('plots').hidden = series.sent === 0;
  byId('hours-details').hidden = series.sent === 0;
  const drops = countries.find(({ country }) => country === chosen.country)?.drops ?? [];
  if (series.sent > 0) drawPlots({ from, to }, series.hours, drops);
  showHours(series.hours);
  showCountries(countries, chosen.country, (country) => choose({ country }));
  showReports(data, retry);
  document.body.dataset.shown = `${chosen.range} ${chosen.country}`;
}

function showAlerts(countries, pause) {
  const alerts = pause ? [pauseAlert(pause)] : [];
  for (const { country, drops } of countries) {
    for (const { since, until } of drops) {
      const name = countryName(country);
      alerts.push(
        until === null
          ? `${name}: the conversion rate dropped below its normal, since ${moment(since)}.`
          : `${name}: the conversion rate was below its normal from ${moment(since)} to ${moment(until)}.`,
      );
    }
  }
  byId('alerts').hidden = alerts.length === 0;
  byId('alert-list').replaceChildren(...alerts.map((text) => element('li', {}, text)));
}

async function retry(messageUuid) {
  const query = messageUuid === undefined ? '' : `?${new URLSearchParams({ messageUuid })}`;
  const headers = { 'x-conversion-feedback': 'retry' };
  try {
    const { retried } = await ask(`retry${query}`, { method: 'POST', headers });
    await refresh(() => `${counted(retried, 'report')} on the way again.`);
    if (messageUuid === undefined) byId('failed-title').focus({ preventScroll: true });
  } catch (error) {
    showProblem(error);
  }
}

// What is chosen stands in the address too: it can be bookmarked, and outlives a reload.

function readAddress() {
  const query = new URLSearchParams(location.search);
  const range = ['24h', '7d', '30d'].find((one) => one === query.get('range')) ?? '24h';
  return { range, country: query.get('country') ?? ALL };
}

function choose(changed) {
  Object.assign(chosen, changed);
  const query = new URLSearchParams({ range: chosen.range });
  if (chosen.country !== ALL) query.set('country', chosen.country);
  history.replaceState(null, '', `${location.pathname}?${query}`);
  showChosen();
  void refresh(({ chosen: { sent, rate } }) => {
    const where = chosen.country === ALL ? 'All countries' : countryName(chosen.country);
    return `${where}: ${percent(rate)} of ${counted(sent, 'message')} converted.`;
  });
}

function showChosen() {
  byId('choices').elements.range.value = chosen.range;
  byId('country').value = chosen.country;
}

function announce(text) {
  byId('news').textContent = text;
}

function showProblem({ message }) {
  byId('problem').hidden = false;
  byId('problem').textContent = message;
  byId('state').dataset.state = 'stale';
  byId('state').textContent = 'Not up to date';
}

for (const radio of byId('choices').elements.range)
  radio.addEventListener('change', () => choose({ range: radio.value }));
byId('country').addEventListener('change', ({ target }) => choose({ country: target.value }));
byId('choices').addEventListener('submit', (event) => event.preventDefault());
byId('refresh').addEventListener('click', () => refresh(() => `Updated ${time(Date.now())}.`));
byId('retry-all').addEventListener('click', () => retry());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void refresh();
  else clearTimeout(timer);
});

byId('time-zone').textContent = timeZone;
showChosen();
void refresh();
