// The login in three steps: phone number, code, done. What the server says is shown as text.

const byId = (id) => document.getElementById(id);

const STEPS = ['phone-step', 'code-step', 'done-step'];

let verificationId;
let resendAfter = 30;
let countdown;

async function post(path, body) {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { ok: response.ok, status: response.status, ...(await response.json()) };
  } catch {
    return { ok: false, message: "The server can't be reached. Try again in a moment." };
  }
}

function show(step) {
  for (const id of STEPS) byId(id).hidden = id !== step;
}

function announce(text) {
  byId('news').textContent = text;
}

function showError(input, error, text) {
  error.textContent = text;
  input.setAttribute('aria-invalid', String(text !== ''));
  if (text === '') return;
  input.focus();
  input.select();
}

/** Validation answers with a list: one sentence for each field. */
function sentence(message) {
  const text = [message].flat().join('. ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Lets a form or a button do one thing at a time. */
function oneAtATime(busyElement, act) {
  return async (event) => {
    event.preventDefault();
    if (busyElement.ariaBusy === 'true') return;
    busyElement.ariaBusy = 'true';
    await act();
    busyElement.ariaBusy = 'false';
  };
}

// Step 1: the phone number

function showPhoneStep(problem = '') {
  stopCountdown();
  show('phone-step');
  byId('phone-number').focus();
  showError(byId('phone-number'), byId('phone-error'), problem);
}

async function send() {
  const phoneNumber = byId('phone-number').value.trim();
  if (phoneNumber === '') {
    showError(byId('phone-number'), byId('phone-error'), 'Enter your phone number.');
    return;
  }
  const answer = await post('/otp/send', { phoneNumber });
  if (!answer.ok) {
    showError(byId('phone-number'), byId('phone-error'), problemWithNumber(answer));
    return;
  }
  verificationId = answer.verificationId;
  showError(byId('phone-number'), byId('phone-error'), '');
  byId('sent-to').textContent = phoneNumber;
  byId('verified-number').textContent = phoneNumber;
  showCodeStep();
  announce(`A code was sent to ${phoneNumber}.`);
}

function problemWithNumber({ status, message }) {
  if (status !== 400) return sentence(message);
  return "This isn't a phone number. Write it with its country code, such as +1\u00a0415\u00a0555\u00a00123.";
}

// Step 2: the code

function showCodeStep() {
  show('code-step');
  byId('code').value = '';
  showError(byId('code'), byId('code-error'), '');
  byId('code').focus();
  startCountdown();
}

async function verify() {
  const code = byId('code').value;
  if (code.length !== 6) {
    showError(byId('code'), byId('code-error'), 'Enter the 6 digits of the code.');
    return;
  }
  const answer = await post('/otp/verify', { verificationId, code });
  if (answer.ok) {
    showDoneStep();
    return;
  }
  showError(byId('code'), byId('code-error'), sentence(answer.message));
  const isBurnt = answer.status === 410 || answer.triesLeft === 0;
  if (isBurnt) stopCountdown();
}

async function resend() {
  const answer = await post('/otp/resend', { verificationId });
  if (answer.ok) {
    showCodeStep();
    announce('A new code was sent. The one before is void.');
  } else if (answer.status === 410) {
    showPhoneStep('That took too long. Ask for a code again.');
  } else {
    showError(byId('code'), byId('code-error'), sentence(answer.message));
  }
}

function startCountdown() {
  stopCountdown();
  const readyAt = Date.now() + resendAfter * 1000;
  const tick = () => {
    const left = Math.ceil((readyAt - Date.now()) / 1000);
    if (left <= 0) {
      stopCountdown();
      return;
    }
    byId('resend-wait').textContent = `in ${left} s`;
  };
  byId('resend').disabled = true;
  countdown = setInterval(tick, 1000);
  tick();
}

function stopCountdown() {
  clearInterval(countdown);
  byId('resend').disabled = false;
  byId('resend-wait').textContent = '';
}

// Step 3: done

function showDoneStep() {
  stopCountdown();
  show('done-step');
  byId('done-title').focus();
}

// The hint towards the sandbox's inbox

async function readSettings() {
  const response = await fetch('/settings');
  const settings = await response.json();
  resendAfter = settings.resendAfter;
  byId('sandbox-hint').hidden = settings.inboxUrl === undefined;
  if (settings.inboxUrl !== undefined) byId('inbox-link').href = settings.inboxUrl;
}

byId('phone-form').addEventListener('submit', oneAtATime(byId('phone-form'), send));
byId('code-form').addEventListener('submit', oneAtATime(byId('code-form'), verify));
byId('resend').addEventListener('click', oneAtATime(byId('resend'), resend));
byId('change-number').addEventListener('click', () => showPhoneStep());
byId('start-again').addEventListener('click', () => showPhoneStep());
// A code is pasted with spaces, or typed with a dash: digits alone count.
byId('code').addEventListener('input', ({ target }) => {
  target.value = target.value.replace(/\D/g, '').slice(0, 6);
});

byId('phone-number').focus();
await readSettings();
