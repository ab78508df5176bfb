import { COUNTING, MARK_INSIGHTS } from './counting.js';

/**
 * The rules of keeping books, in Redis: each script is one step that happens whole or not at all.
 * They are the rules of Ledger and settlement(), and the contract suite holds both to the same.
 *
 * What they keep, all below one base key, in one slot of a cluster:
 *
 *     <base>              hash    totals: open, pending, passed; the line; account, format
 *     <base>:m:<uuid>     hash    a message, and its report
 *     <base>:v:<digest>   string  the messages of a verification, oldest first, with spaces between
 *     <base>:d:<second>   set     open messages whose deadline is in that second
 *     <base>:deadlines    zset    the seconds that have one
 *     <base>:outbox       zset    reports that may not be jobs yet, by the time of their recording
 *     <base>:insights     zset    what is counted by country and hour: see counting.ts
 *
 * A message's fields are one letter each, so that a million fit in little memory: v digest of the
 * verification, t sent at, c country, d second of its deadline (while open), s status, a moment of the
 * status, r revision of its report, p the report's state (p pending, d delivered, f failed), g the
 * moment its age counts from, n attempts, b requests begun that nothing is known of, l lease of the
 * request in flight, x refusals, y reports that passed before the last refusal.
 */
const PRELUDE = `
local base = KEYS[1]
local now = tonumber(ARGV[1])

local function int(number) return string.format('%.0f', number) end
local function message(uuid) return base .. ':m:' .. uuid end
${COUNTING}
-- Redis' own time: what processes measure leases by must be one clock.
local function time()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function read(uuid)
  local f = redis.call('HMGET', message(uuid), 's', 'a', 'r', 'p', 't', 'd', 'v', 'c')
  return { s = f[1], a = f[2], r = f[3], p = f[4], t = f[5], d = f[6], v = f[7], c = f[8] }
end

-- Ms for which the line stood still, over all time.
local function standstill()
  local f = redis.call('HMGET', base, 'blockedBefore', 'blockedLately', 'blockedSince')
  local total = tonumber(f[1] or 0) + tonumber(f[2] or 0)
  if f[3] then total = total + now - tonumber(f[3]) end
  return total
end

-- A message is forgotten an hour after its retention, by Redis; nobody asks for it any more then.
local GRACE = 3600000
-- What is pending is kept for so long, as its job is, which knows enough by itself.
local KEPT = 2592000000

-- The messages of a verification but one, from a string: a list takes twice the memory. Some may be
-- forgotten, and be of another verification since.
local function messagesOf(digest, butNot)
  local uuids = {}
  for uuid in string.gmatch(redis.call('GET', base .. ':v:' .. digest) or '', '%S+') do
    if uuid ~= butNot then uuids[#uuids + 1] = uuid end
  end
  return uuids
end

-- A message that is known by its report alone. A failed job of the same uuid may be left from long
-- ago: no revision of this one is that of it.
local function add(uuid)
  redis.call('HSET', message(uuid), 'v', '', 't', int(now), 'c', '', 'r', int(time()))
end

local function forgetAfter(uuid, sentAt, retention)
  local left = math.max(0, tonumber(sentAt or now) + retention - now) + GRACE
  redis.call('PEXPIRE', message(uuid), int(left))
end

-- A message waits for its outcome no more.
local function close(uuid, m)
  if m.s or not m.d then return end
  redis.call('HINCRBY', base, 'open', -1)
  redis.call('SREM', base .. ':d:' .. m.d, uuid)
end

local function awaitDeadline(uuid, at)
  local second = int(math.ceil(at / 1000))
  redis.call('SADD', base .. ':d:' .. second, uuid)
  redis.call('ZADD', base .. ':deadlines', second, second)
  return second
end

-- Gives a message its status, and puts the report of it into the outbox. Returns the entry there:
-- job|status|moment|job whose place it takes.
local function report(uuid, m, status, statusAt)
  local key = message(uuid)
  local revision = int(redis.call('HINCRBY', key, 'r', 1))
  close(uuid, m)
  if m.p ~= 'p' then
    redis.call('HINCRBY', base, 'pending', 1)
    countMoved(m, 'pending', 1)
  end
  if m.p == 'f' then countMoved(m, 'failed', -1) end
  if status == 'C' and m.s ~= 'C' and isCounted(m) then countConverted(m, statusAt) end
  local replaced = ''
  if m.p == 'p' or m.p == 'f' then replaced = uuid .. '-' .. m.r end
  redis.call('HSET', key, 's', status, 'a', statusAt, 'p', 'p', 'g', int(now - standstill()))
  redis.call('HDEL', key, 'd', 'n', 'b', 'x', 'y')
  redis.call('PEXPIRE', key, KEPT)
  local entry = uuid .. '-' .. revision .. '|' .. status .. '|' .. statusAt .. '|' .. replaced
  redis.call('ZADD', base .. ':outbox', time(), entry)
  return entry
end
`;

const OPEN = `
redis.call('HSETNX', base, 'format', ARGV[2])
redis.call('HSETNX', base, 'account', ARGV[3])
return redis.call('HMGET', base, 'format', 'account')
`;

const TRACK = `
local uuid, digest, sentAt, given, country = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local retention, expireAfter, most = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local m = read(uuid)
if m.v and m.v ~= '' then return m.v == digest and 1 or 0 end

local others = messagesOf(digest, uuid)
local place = #others + 1
if given == '1' then
  while place > 1 do
    local at = redis.call('HGET', message(others[place - 1]), 't')
    if tonumber(at or 0) <= tonumber(sentAt) then break end
    place = place - 1
  end
end
table.insert(others, place, uuid)
while #others > most do table.remove(others, 1) end
local key = base .. ':v:' .. digest
local left = math.max(0, sentAt + retention - now) + GRACE
left = math.max(left, redis.call('PTTL', key))
redis.call('SET', key, table.concat(others, ' '), 'PX', int(left))

local tracked = { t = sentAt, c = country, v = digest }
countSent(tracked)
if m.t then
  redis.call('HSET', message(uuid), 'v', digest, 't', sentAt, 'c', country)
  if m.s == 'C' then countConverted(tracked, m.a) end
  if m.p == 'p' then countMoved(tracked, 'pending', 1) end
  if m.p == 'f' then countMoved(tracked, 'failed', 1) end
  return 1
end
local second = awaitDeadline(uuid, sentAt + (expireAfter or retention))
redis.call('HSET', message(uuid), 'v', digest, 't', sentAt, 'c', country, 'd', second)
forgetAfter(uuid, sentAt, retention)
redis.call('HINCRBY', base, 'open', 1)
return 1
`;

const SETTLE = `
local digest, status, statusAt, named, superseded = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local retention = tonumber(ARGV[7])

local known = {}
local winner
for _, uuid in ipairs(messagesOf(digest)) do
  local m = read(uuid)
  if m.v == digest and m.t + retention > now then
    known[#known + 1] = { uuid = uuid, m = m }
    if uuid == named then winner = #known end
  end
end
if #known == 0 then return { 'unknown' } end
if named ~= '' and not winner then return { 'foreign' } end

local result = { 'settled' }
for index, message in ipairs(known) do
  local is, wanted = message.m.s, nil
  if index == (winner or #known) then wanted = status
  elseif status == 'C' then wanted = superseded ~= '' and superseded
  else wanted = not winner and status end
  local allowed
  if index == winner then allowed = is ~= 'C' and is ~= wanted
  else allowed = not is or (is == 'N' and wanted ~= 'N') end
  if wanted and allowed then
    result[#result + 1] = report(message.uuid, message.m, wanted, statusAt)
  end
end
return result
`;

const ENQUEUE = `
local uuid, status, statusAt = ARGV[2], ARGV[3], ARGV[4]
local m = read(uuid)
if m.s and (m.s == 'C' or m.s == status) then return { 'stands', m.s, m.a } end
if not m.t then add(uuid) end
return { 'recorded', report(uuid, m, status, statusAt) }
`;

/** For each failed report: uuid, revision, status, moment. Returns the entries of those that go again. */
const RETRY_FAILED = `
local entries = {}
for i = 2, #ARGV, 4 do
  local uuid, revision, status, statusAt = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local m = read(uuid)
  if not m.t then
    m = { p = 'f', r = revision, s = status }
    add(uuid)
  end
  if m.p == 'f' and m.r == revision then
    entries[#entries + 1] = report(uuid, m, m.s, m.a or statusAt)
  end
end
return entries
`;

/** Lets messages expire, and forgets those whose time is over. Returns 1 where there may be more. */
const SWEEP = `
local retention, expireAfter, most = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local entries = {}
local looked = 0
forgetBuckets(most)
while looked < most do
  local second = redis.call('ZRANGEBYSCORE', base .. ':deadlines', '-inf', math.floor(now / 1000), 'LIMIT', 0, 1)[1]
  if not second then break end
  local uuids = redis.call('SPOP', base .. ':d:' .. second, most - looked)
  if #uuids < most - looked then redis.call('ZREM', base .. ':deadlines', second) end
  looked = looked + math.max(1, #uuids)
  for _, uuid in ipairs(uuids) do
    local m = read(uuid)
    local expiresAt = m.t and expireAfter and m.t + expireAfter
    local forgetAt = m.t and m.t + retention
    if expiresAt and expiresAt <= now then
      entries[#entries + 1] = report(uuid, m, 'N', int(expiresAt))
    elseif forgetAt and math.min(expiresAt or forgetAt, forgetAt) > now then
      redis.call('HSET', message(uuid), 'd', awaitDeadline(uuid, expiresAt or forgetAt))
    else
      redis.call('HINCRBY', base, 'open', -1)
      redis.call('DEL', message(uuid))
    end
  end
end
return entries
`;

/**
 * The outbox' entries that have waited for so many ms: whoever recorded them is gone. Where neither a
 * job nor an entry is left, nothing is pending: jobs that people removed by hand aren't counted on.
 */
const LEFT_OVER = `
local age, most = tonumber(ARGV[2]), ARGV[3]
local left = redis.call('ZRANGEBYSCORE', base .. ':outbox', '-inf', time() - age, 'LIMIT', 0, most)
if redis.call('ZCARD', base .. ':outbox') == 0 then
  local jobs = 0
  for i = 2, #KEYS do
    local kind = redis.call('TYPE', KEYS[i]).ok
    if kind == 'list' then jobs = jobs + redis.call('LLEN', KEYS[i])
    elseif kind == 'zset' then jobs = jobs + redis.call('ZCARD', KEYS[i]) end
  end
  if jobs == 0 then redis.call('HSET', base, 'pending', 0) end
end
return left
`;

/**
 * For each report whose job has been taken: uuid, revision, lease, whether it is to try a blocked line,
 * whether it may have killed a process before and is now alone, whether people retried its job,
 * and the status and moment that the job knows. Says for each what is to be done with it.
 */
const TAKE = `
local leaseFor = tonumber(ARGV[2])
local line = redis.call('HGET', base, 'line')
local blocked = redis.call('HEXISTS', base, 'blockedSince') == 1
local stood = standstill()
local at = time()
local results = {}
for i = 3, #ARGV, 8 do
  local uuid, revision, lease = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local probe, alone, retried = ARGV[i + 3] == '1', ARGV[i + 4] == '1', ARGV[i + 5] == '1'
  local key = message(uuid)
  local f = redis.call('HMGET', key, 's', 'a', 'r', 'p', 'l', 'n', 'g', 'b', 'x', 'y')
  local status, statusAt, current, state, held = f[1], f[2], f[3], f[4], f[5]
  local result
  if not current then
    status, statusAt, current, state = ARGV[i + 6], ARGV[i + 7], revision, retried and 'f' or 'p'
    f[7] = int(now - stood)
    redis.call('HSET', key, 'v', '', 't', int(now), 'c', '', 's', status, 'a', statusAt, 'r', revision, 'p', state, 'g', f[7])
    redis.call('PEXPIRE', key, KEPT)
  end
  if current == revision and state == 'f' and retried then
    state = 'p'
    f[6], f[7] = false, int(now - stood)
    redis.call('HINCRBY', base, 'pending', 1)
    local m = read(uuid)
    countMoved(m, 'pending', 1)
    countMoved(m, 'failed', -1)
    redis.call('HSET', key, 'p', 'p', 'g', f[7])
    redis.call('HDEL', key, 'n', 'b', 'x', 'y')
    redis.call('PEXPIRE', key, KEPT)
  end
  local begun = tonumber(f[8] or 0)
  local heldBy, heldUntil = string.match(held or '', '^(.*)|(%d+)$')
  if current ~= revision or state == 'd' then result = { 'superseded' }
  elseif state == 'f' then result = { 'failed' }
  elseif heldBy and heldBy ~= lease and tonumber(heldUntil) > at then
    result = { 'busy', int(tonumber(heldUntil) - at) }
  elseif blocked and not probe then result = { 'blocked', line }
  elseif begun > 0 and not alone then result = { 'suspect' }
  else
    redis.call('HSET', key, 'l', lease .. '|' .. int(at + leaseFor), 'b', begun + 1)
    result = {
      'go', status, statusAt, f[6] or '0', int(now - stood - tonumber(f[7] or now)), int(begun),
      f[9] or '0', f[10] or '0', redis.call('HGET', base, 'passed') or '0', line and '1' or '0',
    }
  end
  results[#results + 1] = result
end
return results
`;

/** What the scripts that end a request have in common: its lease is over, and the report it was for. */
const ANSWERED = `
local function answered(uuid, revision, lease)
  local key = message(uuid)
  local f = redis.call('HMGET', key, 'r', 'p', 'l', 't', 'c', 'v')
  if f[3] and string.sub(f[3], 1, #lease + 1) == lease .. '|' then redis.call('HDEL', key, 'l', 'b') end
  return f[1] == revision and f[2] == 'p', { t = f[4], c = f[5], v = f[6] }
end

local function endDelivery(uuid, m, state, retention)
  local key = message(uuid)
  redis.call('HSET', key, 'p', state)
  redis.call('HDEL', key, 'g', 'n', 'x', 'y')
  redis.call('HINCRBY', base, 'pending', -1)
  countMoved(m, 'pending', -1)
  if state == 'f' then countMoved(m, 'failed', 1) end
  forgetAfter(uuid, m.t, retention)
end
`;

/** The provider has the report. */
const DONE = `
${ANSWERED}
local current, m = answered(ARGV[3], ARGV[4], ARGV[5])
if current then endDelivery(ARGV[3], m, 'd', tonumber(ARGV[2])) end
redis.call('HINCRBY', base, 'passed', 1)
return 1
`;

/** Returns whether the report is still the newest of its message. */
const RETRY = `
${ANSWERED}
local uuid = ARGV[2]
if not answered(uuid, ARGV[3], ARGV[4]) then return 0 end
redis.call('HSET', message(uuid), 'n', ARGV[5], 'x', ARGV[6], 'y', ARGV[7])
return 1
`;

/** Returns whether the report is kept as failed: not where a newer one has taken its place. */
const FAIL = `
${ANSWERED}
local current, m = answered(ARGV[2], ARGV[3], ARGV[4])
if not current then return 0 end
endDelivery(ARGV[2], m, 'f', tonumber(ARGV[5]))
return 1
`;

/** The process ends in order with these requests in flight: their reports did it no harm. */
const SURVIVED = `
for i = 2, #ARGV do redis.call('HDEL', message(ARGV[i]), 'b') end
return 1
`;

/** Puts a line in the place of the one that was read; returns 0 where that has changed since. */
const MOVE_LINE = `
local before, after, blockedLately, blockedSince = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if (redis.call('HGET', base, 'line') or '') ~= before then return 0 end
if after == '' then
  redis.call('HINCRBY', base, 'blockedBefore', blockedLately)
  redis.call('HDEL', base, 'line', 'blockedLately')
else
  redis.call('HSET', base, 'line', after, 'blockedLately', blockedLately)
end
if blockedSince == '' then redis.call('HDEL', base, 'blockedSince')
else redis.call('HSET', base, 'blockedSince', blockedSince) end
return 1
`;

const bodies = {
  open: OPEN,
  track: TRACK,
  settle: SETTLE,
  enqueue: ENQUEUE,
  retryFailed: RETRY_FAILED,
  sweep: SWEEP,
  leftOver: LEFT_OVER,
  take: TAKE,
  done: DONE,
  retry: RETRY,
  fail: FAIL,
  survived: SURVIVED,
  moveLine: MOVE_LINE,
  markInsights: MARK_INSIGHTS,
};

export type ScriptName = keyof typeof bodies;

/** Lua by the name of the step. KEYS[1] is the base key, ARGV[1] the moment in ms. */
export const scripts: Readonly<Record<ScriptName, string>> = Object.fromEntries(
  Object.entries(bodies).map(([name, body]) => [name, PRELUDE + body]),
) as Record<ScriptName, string>;
