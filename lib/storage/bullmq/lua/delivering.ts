/**
 * For each report whose job has been taken: uuid, revision, lease, whether it is to try a blocked line,
 * whether it may have killed a process before and is now alone, whether people retried its job,
 * and the status and moment that the job knows. Says for each what is to be done with it.
 */
export const TAKE = `
local line, blocked, passed = unpack(redis.call('HMGET', base, 'line', 'blockedSince', 'passed'))
local stood = standstill()
local at = time()
local leasedUntil = int(at + ARGV[2])
local results = {}
for i = 3, #ARGV, 8 do
  local uuid, revision, lease = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local probe, alone, retried = ARGV[i + 3] == '1', ARGV[i + 4] == '1', ARGV[i + 5] == '1'
  local key = message(uuid)
  local f = redis.call('HMGET', key, 's', 'a', 'r', 'p', 'l', 'n', 'g', 'b', 'x', 'y')
  local status, statusAt, current, state, held = f[1], f[2], f[3], f[4], f[5]
  if not current then
    status, statusAt, current, state = ARGV[i + 6], ARGV[i + 7], revision, retried and 'f' or 'p'
    f[7] = int(now - stood)
    redis.call('HSET', key, 'v', '', 't', int(now), 'c', '', 's', status, 'a', statusAt, 'r', revision, 'p', state, 'g', f[7])
    redis.call('PEXPIRE', key, KEPT)
  end
  if current == revision and state == 'f' and retried then
    state = 'p'
    f[6], f[7] = false, int(now - stood)
    total('pending', 1)
    local t, c, v = unpack(redis.call('HMGET', key, 't', 'c', 'v'))
    local m = { t = t, c = c, v = v }
    countMoved(m, 'pending', 1)
    countMoved(m, 'failed', -1)
    redis.call('HSET', key, 'p', 'p', 'g', f[7])
    redis.call('HDEL', key, 'n', 'b', 'x', 'y')
    redis.call('PEXPIRE', key, KEPT)
  end
  local begun = tonumber(f[8] or 0)
  local heldBy, heldUntil
  if held then heldBy, heldUntil = string.match(held, '^(.*)|(%d+)$') end
  -- Taken before, by the same worker: our reply was lost, or came too late to begin a request. It's
  -- given back, and taken anew below or not.
  if heldBy == lease then
    begun = math.max(begun - 1, 0)
    redis.call('HDEL', key, 'l')
    redis.call('HSET', key, 'b', int(begun))
  end
  local result
  if current ~= revision or not state then result = { 'superseded' }
  elseif state == 'f' then result = { 'failed' }
  elseif heldBy and heldBy ~= lease and tonumber(heldUntil) > at then
    result = { 'busy', int(tonumber(heldUntil) - at) }
  elseif blocked and not probe then result = { 'blocked', line }
  elseif begun > 0 and not alone then result = { 'suspect' }
  else
    redis.call('HSET', key, 'l', lease .. '|' .. leasedUntil, 'b', int(begun + 1))
    result = {
      'go', status, statusAt, f[6] or '0', int(now - stood - (f[7] or now)), int(begun),
      f[9] or '0', f[10] or '0', passed or '0', line and '1' or '0',
    }
  end
  results[#results + 1] = result
end
writeCounts()
return results
`;

/**
 * What the scripts that end a request have in common: its lease is over, and the report it was for may
 * be. Each does nothing more where it comes a second time, since the reply to the first was lost. Needs
 * BASICS, KEEPING and COUNTING.
 */
export const ANSWERED = `
-- Returns the report's state where it is its message's newest, the message, those fields that told of
-- the request, and whether another worker has the report.
local function answered(key, revision, lease)
  local f = redis.call('HMGET', key, 'r', 'p', 'l', 't', 'c', 'v')
  local isHeld = f[3] and string.sub(f[3], 1, #lease + 1) == lease .. '|'
  local state = f[1] == revision and f[2]
  local m = { t = f[4], c = f[5], v = f[6] }
  return state, m, isHeld and { 'l', 'b' } or {}, f[3] and not isHeld
end

local function forget(key, fields)
  if #fields > 0 then redis.call('HDEL', key, unpack(fields)) end
end

local function endDelivery(key, m, retention)
  redis.call('PEXPIRE', key, int(keptFor(m.t, retention)))
  total('pending', -1)
  countMoved(m, 'pending', -1)
end
`;

/** The provider has these reports, each uuid, revision, lease. */
export const DONE = `
local retention = tonumber(ARGV[2])
for i = 3, #ARGV, 3 do
  local key = message(ARGV[i])
  local state, m, over = answered(key, ARGV[i + 1], ARGV[i + 2])
  -- Neither holds for one that is noted a second time.
  if state == 'p' or #over > 0 then total('passed', 1) end
  if state == 'p' then
    for _, field in ipairs({ 'p', 'g', 'n', 'x', 'y' }) do over[#over + 1] = field end
    endDelivery(key, m, retention)
  end
  forget(key, over)
end
writeCounts()
return 1
`;

/** Returns whether the report is still the newest of its message. */
export const RETRY = `
local key = message(ARGV[2])
local state, _, over = answered(key, ARGV[3], ARGV[4])
forget(key, over)
if state ~= 'p' then return 0 end
redis.call('HSET', key, 'n', ARGV[5], 'x', ARGV[6], 'y', ARGV[7])
return 1
`;

/**
 * Returns whether the report is kept as failed: not where a newer one has taken its place, nor where
 * another worker has it.
 */
export const FAIL = `
local key = message(ARGV[2])
local state, m, over, isOthers = answered(key, ARGV[3], ARGV[4])
forget(key, over)
if state == 'f' then return 'kept' end
if state ~= 'p' then return 'superseded' end
if isOthers then return 'lost' end
redis.call('HSET', key, 'p', 'f')
forget(key, { 'g', 'n', 'x', 'y' })
endDelivery(key, m, tonumber(ARGV[5]))
countMoved(m, 'failed', 1)
writeCounts()
return 'kept'
`;

/** The process ends in order with these requests in flight: their reports did it no harm. */
export const SURVIVED = `
for i = 2, #ARGV do redis.call('HDEL', message(ARGV[i]), 'b') end
return 1
`;
