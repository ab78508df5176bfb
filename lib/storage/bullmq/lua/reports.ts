/**
 * Messages, as recording them and their outcomes sees them. Needs BASICS, KEEPING, COUNTING and
 * STANDSTILL.
 *
 * What a script reports goes into the outbox at its end, by `writeReports`.
 */
export const REPORTS = `
local reported = {}

local function read(uuid)
  local f = redis.call('HMGET', message(uuid), 's', 'a', 'r', 'p', 't', 'g', 'v', 'c')
  local deadline = not f[1] and f[6]
  return { s = f[1], a = f[2], r = f[3], p = f[4], t = f[5], deadline = deadline, v = f[7], c = f[8] }
end

-- A message that is known by its report alone. A failed job of the same uuid may be left from long
-- ago: no revision of this one is that of it.
local function unknown()
  return { v = '', t = int(now), c = '', isNew = true }
end

-- The messages of a verification but one.
local function messagesIn(list, butNot)
  local uuids = {}
  for uuid in string.gmatch(list or '', '%S+') do
    if uuid ~= butNot then uuids[#uuids + 1] = uuid end
  end
  return uuids
end

local function awaitDeadline(uuid, at)
  local second = int(math.ceil(at / 1000))
  redis.call('SADD', base .. ':d:' .. second, uuid)
  redis.call('ZADD', base .. ':deadlines', second, second)
  return second
end

-- Gives a message its status, and reports it. Returns the outbox' entry:
-- job|status|moment|job whose place it takes.
local function report(uuid, m, status, statusAt)
  local key = message(uuid)
  local replaced = ''
  if m.p then replaced = uuid .. '-' .. m.r end
  local revision = int((m.isNew and time() or tonumber(m.r or 0)) + 1)
  local entry = uuid .. '-' .. revision .. '|' .. status .. '|' .. statusAt .. '|' .. replaced
  local since = int(now - standstill())
  redis.call('HSET', key, 's', status, 'a', statusAt, 'r', revision, 'p', 'p', 'g', since)
  if m.isNew then redis.call('HSET', key, 'v', m.v, 't', m.t, 'c', m.c) end
  reported[#reported + 1] = entry
  redis.call('PEXPIRE', key, KEPT)
  if m.s then redis.call('HDEL', key, 'n', 'b', 'x', 'y') end
  if m.deadline then
    total('open', -1)
    redis.call('SREM', base .. ':d:' .. m.deadline, uuid)
  end
  if m.p ~= 'p' then
    total('pending', 1)
    countMoved(m, 'pending', 1)
  end
  if m.p == 'f' then countMoved(m, 'failed', -1) end
  if status == 'C' and m.s ~= 'C' and isCounted(m) then countConverted(m, statusAt) end
  return entry
end

local function writeReports()
  if #reported == 0 then return end
  local at = int(time())
  local scored = {}
  for _, entry in ipairs(reported) do
    scored[#scored + 1] = at
    scored[#scored + 1] = entry
  end
  for first = 1, #scored, 1000 do
    redis.call('ZADD', base .. ':outbox', unpack(scored, first, math.min(first + 999, #scored)))
  end
end
`;
