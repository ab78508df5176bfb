// Reports: how many are on their way, which fail, and which have failed.
import { byId, element, replaceChildren } from './elements.js';
import { count, counted, moment, time } from './words.js';

const CAUSES = {
  refused:
    'Delivery paused: Plivo refuses the credentials. Nothing is lost; it asks again each minute.',
  down: 'Delivery paused: Plivo can’t be reached. Nothing is lost; it asks again each second.',
  slowed: 'Delivery paused: Plivo asked to wait. Nothing is lost.',
};

/** @param retry called with a message_uuid, or with nothing for all */
export function showReports({ counts, failing, failed }, retry) {
  for (const name of ['open', 'pending', 'failed']) byId(name).textContent = count(counts[name]);
  byId('failed').dataset.state = counts.failed > 0 ? 'bad' : 'calm';

  byId('failing-panel').hidden = failing.length === 0;
  byId('failing-list').replaceChildren(...failing.map((report) => reportItem(report)));

  byId('retry-all').hidden = counts.failed === 0;
  byId('failed-lead').textContent = leadOf(counts.failed, failed.length);
  const items = failed.map((report) => reportItem(report, retry));
  if (replaceChildren(byId('failed-list'), items)) focusNear();
}

/** What is to be said of a line that stands still. */
export function pauseAlert({ cause, reason }) {
  return `${CAUSES[cause]} ${answerOf(reason)}`;
}

/** The button that had the focus went away with its report: the next one takes it, or the heading. */
export function focusNear() {
  const next = byId('failed-list').querySelector('button') ?? byId('failed-title');
  next.focus({ preventScroll: true });
}

function leadOf(all, shown) {
  if (all === 0) return 'None. Reports that Plivo can’t accept are kept here.';
  const kept = `${counted(all, 'report')} that ${all === 1 ? 'isn’t' : 'aren’t'} tried again by ${all === 1 ? 'itself' : 'themselves'}`;
  return all > shown ? `${kept}; these are the latest ${count(shown)}.` : `${kept}.`;
}

function reportItem(report, retry) {
  const { messageUuid, status, timestamp, attempts, reason, failedAt, nextAttemptAt } = report;
  const item = element(
    'li',
    { data: { testid: 'report', messageUuid } },
    element(
      'div',
      { className: 'what' },
      element('code', { title: 'message_uuid' }, messageUuid),
      element('span', { className: 'badge', data: { status } }, status),
    ),
    element('p', { className: 'answer', data: { testid: 'answer' } }, answerOf(reason)),
    element(
      'p',
      { className: 'when' },
      `Settled ${moment(timestamp)}, ${counted(attempts, attempts === 1 ? 'try' : 'trie')}, `,
      failedAt ? `given up ${moment(failedAt)}` : `next try ${time(nextAttemptAt)}`,
      reason.apiId ? ', api_id ' : '',
      ...(reason.apiId ? [element('code', {}, reason.apiId)] : []),
    ),
  );
  if (retry) {
    const button = element(
      'button',
      {
        type: 'button',
        data: { key: `retry-${messageUuid}`, testid: 'retry' },
        attributes: { 'aria-label': `Retry the report of message ${messageUuid}` },
      },
      'Retry',
    );
    button.addEventListener('click', () => retry(messageUuid));
    item.append(button);
  }
  return item;
}

function answerOf({ status, message }) {
  return status === undefined ? `No answer: ${message}` : `Plivo answered ${status}: ${message}`;
}
