// The page's only script: a live view of the sandbox's events, and a few buttons onto its HTTP API.
// What comes from a message goes in as text, never as markup.

const byId = (id) => document.getElementById(id);

/** As many as a snapshot holds; older ones leave the page when new ones come. */
const SHOWN = 200;
const SHOWN_REQUESTS = 50;

/** A one-time code: 4 to 8 digits on their own, also as two groups of three. */
const CODE = /(?<![\d+])(?:\d{3}[ -]\d{3}|\d{4,8})(?!\d)/;

let messageCount = 0;

function element(tag, properties = {}, ...children) {
  const { data, ...rest } = properties;
  const node = Object.assign(document.createElement(tag), rest);
  Object.assign(node.dataset, data);
  node.append(...children);
  return node;
}

// Messages

function statusOf(message) {
  return message.conversion?.status ?? (message.trackable ? 'OPEN' : 'UNTRACKED');
}

function textWithCode(text) {
  const match = CODE.exec(text);
  if (match === null) return [text];
  const [code] = match;
  return [
    text.slice(0, match.index),
    element('strong', { className: 'code', data: { testid: 'code' } }, code),
    text.slice(match.index + code.length),
  ];
}

function outcome(message) {
  const { conversion, conversions } = message;
  if (conversion !== undefined) {
    const parts = [
      element('span', { className: 'badge', data: { testid: 'status' } }, conversion.status),
      element(
        'time',
        { dateTime: conversion.timestamp, data: { testid: 'timestamp' } },
        element('code', {}, conversion.timestamp),
      ),
    ];
    if (conversions.length > 1) {
      const before = conversions.slice(0, -1).map(({ status }) => status);
      parts.push(element('span', {}, `before: ${before.join(', ')}`));
    }
    return parts;
  }
  const [badge, meaning] = message.trackable
    ? ['TRACKABLE', 'waiting for its conversion']
    : ['NOT TRACKABLE', 'sent without trackable: true'];
  return [
    element('span', { className: 'badge', data: { testid: 'status' } }, badge),
    element('span', {}, meaning),
  ];
}

function messageCard(message) {
  const code = CODE.exec(message.text)?.[0];
  const card = element(
    'li',
    {
      className: 'message',
      data: { testid: 'message', messageUuid: message.messageUuid, status: statusOf(message) },
    },
    element(
      'div',
      { className: 'message-top' },
      element('span', { className: 'sr-only' }, 'From '),
      element(
        'b',
        { data: { testid: 'src' } },
        message.src ?? `Powerpack ${message.powerpackUuid}`,
      ),
      element(
        'span',
        { className: 'to' },
        'to ',
        element('span', { data: { testid: 'dst' } }, `+${message.dst}`),
      ),
      element('time', {
        dateTime: message.sentAt,
        title: new Date(message.sentAt).toLocaleString(),
        textContent: ageOf(message.sentAt),
        data: { testid: 'age' },
      }),
    ),
    element('p', { className: 'bubble', data: { testid: 'text' } }, ...textWithCode(message.text)),
    element('div', { className: 'outcome' }, ...outcome(message)),
    element(
      'div',
      { className: 'uuid' },
      element('code', { title: 'message_uuid' }, message.messageUuid),
    ),
  );
  if (code !== undefined && navigator.clipboard !== undefined) {
    const copy = element('button', { type: 'button', className: 'quiet' }, 'Copy code');
    copy.setAttribute('aria-label', `Copy code ${code}`);
    copy.addEventListener('click', async () => {
      copy.textContent = await navigator.clipboard.writeText(code.replace(/\D/g, '')).then(
        () => 'Copied',
        () => 'Not allowed to copy',
      );
    });
    card.querySelector('.uuid').append(copy);
  }
  return card;
}

function showMessage(message) {
  const card = messageCard(message);
  const old = document.querySelector(`[data-message-uuid="${CSS.escape(message.messageUuid)}"]`);
  card.classList.add('fresh');
  if (old !== null) {
    const hadFocus = old.contains(document.activeElement);
    old.replaceWith(card);
    if (hadFocus) card.querySelector('button')?.focus();
    announce(`Message to ${message.dst}: ${message.conversion?.status ?? 'changed'}`);
  } else if (message.conversion === undefined) {
    byId('messages').prepend(card);
    messageCount += 1;
    announce(`New message to ${message.dst}: ${message.text}`);
  }
  while (byId('messages').children.length > SHOWN) byId('messages').lastElementChild.remove();
  showCount();
}

function showCount() {
  const shown = byId('messages').children.length;
  byId('count').textContent = String(messageCount);
  byId('empty').hidden = shown > 0;
  byId('older').hidden = messageCount <= shown;
  byId('older').textContent = `The newest ${shown} are shown; GET /sandbox/messages has the rest.`;
}

function announce(text) {
  byId('news').textContent = text;
}

// Ages

function ageOf(moment) {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(moment)) / 1000));
  if (seconds < 5) return 'now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

setInterval(() => {
  for (const time of document.querySelectorAll('[data-testid="age"]')) {
    const age = ageOf(time.dateTime);
    if (time.textContent !== age) time.textContent = age;
  }
}, 1000);

// Requests

/** A path that wraps after its slashes. */
function breakable(path) {
  return path.split(/(?<=\/)/).flatMap((part) => [part, element('wbr')]);
}

function requestRow(request) {
  const waiting = request.answeredAt === undefined;
  const result = waiting ? 'waiting' : request.status === undefined ? 'cut' : undefined;
  const row = element(
    'li',
    {
      className: 'request',
      data: {
        testid: 'request',
        number: request.number,
        outcome: result ?? (request.status < 400 ? 'done' : 'refused'),
      },
    },
    element(
      'span',
      { className: 'end' },
      result === 'waiting' ? '…' : (result ?? String(request.status)),
    ),
    element('code', {}, `${request.method} `, ...breakable(request.path)),
  );
  if (request.error !== undefined) {
    row.append(element('span', { className: 'error' }, request.error));
  }
  row.append(
    element(
      'time',
      { dateTime: request.receivedAt },
      new Date(request.receivedAt).toLocaleTimeString(),
    ),
  );
  return row;
}

function showRequest(request) {
  const list = byId('requests');
  const row = requestRow(request);
  const old = list.querySelector(`[data-number="${request.number}"]`);
  if (old !== null) old.replaceWith(row);
  else list.prepend(row);
  while (list.children.length > SHOWN_REQUESTS) list.lastElementChild.remove();
  byId('no-requests').hidden = true;
}

// State and faults

function showState(state) {
  const down = state.availability !== 'up';
  byId('api').dataset.state = state.availability;
  byId('api').textContent = down ? 'API down' : 'API up';
  byId('availability').dataset.state = state.availability;
  byId('availability').textContent = down ? 'Bring API up' : 'Take API down';

  const baseUrl = location.origin;
  const token = state.authToken ?? '<the one you chose>';
  byId('base-url').textContent = baseUrl;
  byId('auth-id').textContent = state.authId;
  byId('auth-token').replaceChildren(
    state.authToken === null ? 'the one you chose' : element('code', {}, state.authToken),
  );
  byId('example-config').textContent = [
    'ConversionFeedbackModule.forRoot({',
    `  baseUrl: '${baseUrl}',`,
    `  authId: '${state.authId}',`,
    `  authToken: '${token}',`,
    '})',
  ].join('\n');
  byId('example-curl').textContent = [
    `curl ${baseUrl}/v1/Account/${state.authId}/Message/ \\`,
    `  -u '${state.authId}:${token}' \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d '{"src": "14155550100", "dst": "14155550123",`,
    `       "text": "Your code is 123456", "trackable": true}'`,
  ].join('\n');
}

function describeFault(fault) {
  const parts = [];
  if (fault.hang) parts.push('no answer');
  if (fault.reset !== undefined) {
    parts.push(fault.reset === 'after' ? 'cut after it is carried out' : 'cut before it is taken');
  }
  if (fault.status !== undefined) parts.push(`status ${fault.status}`);
  else if (fault.retryAfter !== undefined) parts.push('status 429');
  if (fault.retryAfter !== undefined) parts.push(`Retry-After ${fault.retryAfter}`);
  if (fault.body !== undefined)
    parts.push(fault.body === '' ? 'empty answer' : 'a body of its own');
  if (fault.delay !== undefined) parts.push(`${fault.delay} ms late`);
  if (fault.on !== undefined) parts.push(`${fault.on}s only`);
  return parts.join(', ');
}

function showFaults(faults) {
  byId('armed').hidden = faults.length === 0;
  byId('armed-list').replaceChildren(
    ...faults.map((fault) =>
      element(
        'li',
        { data: { testid: 'armed-fault' } },
        element('span', {}, describeFault(fault)),
        element('b', {}, fault.remaining === null ? 'until cleared' : `${fault.remaining} ×`),
      ),
    ),
  );
}

function showSnapshot({ state, messages, requests, faults }) {
  messageCount = state.messages;
  byId('messages').replaceChildren(...messages.map(messageCard).reverse());
  byId('requests').replaceChildren(...requests.map(requestRow).reverse());
  byId('no-requests').hidden = requests.length > 0;
  showState(state);
  showFaults(faults);
  showCount();
}

// Live events

function connect() {
  const events = new EventSource('/sandbox/events');
  const on = (name, show) => events.addEventListener(name, ({ data }) => show(JSON.parse(data)));
  on('snapshot', showSnapshot);
  on('message', showMessage);
  on('request', showRequest);
  on('faults', showFaults);
  on('state', showState);
  events.addEventListener('open', () => showLive('live', 'Live'));
  events.addEventListener('error', () => {
    showLive('reconnecting', 'Reconnecting…');
    // It comes back by itself after a cut connection, not after an answer that isn't a stream.
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  });
}

function showLive(state, text) {
  byId('live').dataset.state = state;
  byId('live').textContent = text;
}

// Controls

async function control(method, path, body) {
  byId('problem').hidden = true;
  try {
    const response = await fetch(path, {
      method,
      headers: { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (response.ok) return true;
    showProblem((await response.json()).error);
  } catch {
    showProblem("The sandbox can't be reached.");
  }
  return false;
}

function showProblem(text) {
  byId('problem').textContent = text;
  byId('problem').hidden = false;
}

const KINDS = {
  status: (form) => ({
    status: Number(form.get('status')),
    retryAfter: form.get('retryAfter') || undefined,
  }),
  late: () => ({}),
  html: () => ({ body: '<!doctype html><title>Gateway</title><p>Not the JSON you hoped for.</p>' }),
  empty: () => ({ body: '' }),
  'cut-before': () => ({ reset: 'before' }),
  'cut-after': () => ({ reset: 'after' }),
  hang: () => ({ hang: true }),
};

function showFieldsOfKind() {
  const { kind } = byId('fault-form').elements;
  for (const label of document.querySelectorAll('[data-for]')) {
    label.hidden = !label.dataset.for.split(' ').includes(kind.value);
    label.querySelector('input').disabled = label.hidden;
  }
  byId('fault-form').elements.delay.required = kind.value === 'late';
}

byId('fault-form').addEventListener('change', showFieldsOfKind);
byId('fault-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const delay = form.get('delay');
  await control('POST', '/sandbox/faults', {
    ...KINDS[form.get('kind')](form),
    delay: delay ? Number(delay) : undefined,
    on: form.get('on') || undefined,
    times: Number(form.get('times')),
  });
});
byId('availability').addEventListener('click', (event) =>
  control('POST', event.target.dataset.state === 'up' ? '/sandbox/down' : '/sandbox/up'),
);
byId('clear-faults').addEventListener('click', () => control('DELETE', '/sandbox/faults'));
byId('reset').addEventListener('click', () => control('POST', '/sandbox/reset'));

showFieldsOfKind();
connect();
