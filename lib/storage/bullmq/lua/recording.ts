/**
 * For each message: uuid, digest of its verification, when it was sent, whether the app said so,
 * country. Returns for each 0 where it belongs to another verification.
 */
export const TRACK = `
local retention, expireAfter, most = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

local function track(uuid, digest, sentAt, given, country)
  local m = read(uuid)
  if m.v and m.v ~= '' then return m.v == digest and 1 or 0 end

  local key = base .. ':v:' .. digest
  local left = keptFor(sentAt, retention)
  local kept = left
  local list = redis.call('GET', key)
  if list then
    local uuids = messagesIn(list, uuid)
    local place = #uuids + 1
    if given == '1' then
      while place > 1 do
        local at = redis.call('HGET', message(uuids[place - 1]), 't')
        if tonumber(at or 0) <= tonumber(sentAt) then break end
        place = place - 1
      end
    end
    table.insert(uuids, place, uuid)
    while #uuids > most do table.remove(uuids, 1) end
    list = table.concat(uuids, ' ')
    kept = math.max(left, redis.call('PTTL', key))
  end
  redis.call('SET', key, list or uuid, 'PX', int(kept))

  local tracked = { t = sentAt, c = country, v = digest }
  if m.t then
    redis.call('HSET', message(uuid), 'v', digest, 't', sentAt, 'c', country)
  else
    local second = awaitDeadline(uuid, sentAt + (expireAfter or retention))
    redis.call('HSET', message(uuid), 'v', digest, 't', sentAt, 'c', country, 'g', second)
    redis.call('PEXPIRE', message(uuid), int(left))
    total('open', 1)
  end
  countSent(tracked)
  if m.s == 'C' then countConverted(tracked, m.a) end
  if m.p == 'p' then countMoved(tracked, 'pending', 1) end
  if m.p == 'f' then countMoved(tracked, 'failed', 1) end
  return 1
end

local results = each(5, 5, track)
writeCounts()
return results
`;

/**
 * For each verification: digest, status, moment, and the message named. Returns for each what was done,
 * when the message was sent that is CONVERTED now, and the outbox' new entries.
 */
export const SETTLE = `
local superseded, retention = ARGV[2], tonumber(ARGV[3])

local function settle(digest, status, statusAt, named)
  local known = {}
  local winner
  for _, uuid in ipairs(messagesIn(redis.call('GET', base .. ':v:' .. digest))) do
    local m = read(uuid)
    -- Some may be forgotten, and be of another verification since.
    if m.v == digest and m.t + retention > now then
      known[#known + 1] = { uuid = uuid, m = m }
      if uuid == named then winner = #known end
    end
  end
  if #known == 0 then return { 'unknown' } end
  if named ~= '' and not winner then return { 'foreign' } end

  local result = { 'settled', '' }
  for index, message in ipairs(known) do
    local is, wanted = message.m.s, nil
    if index == (winner or #known) then wanted = status
    elseif status == 'C' then wanted = superseded ~= '' and superseded
    else wanted = not winner and status end
    local allowed
    if index == winner then allowed = is ~= 'C' and is ~= wanted
    else allowed = not is or (is == 'N' and wanted ~= 'N') end
    if wanted and allowed then
      if wanted == 'C' then result[2] = message.m.t end
      result[#result + 1] = report(message.uuid, message.m, wanted, statusAt)
    end
  end
  return result
end

local results = each(4, 4, settle)
writeReports()
writeCounts()
return results
`;

export const ENQUEUE = `
local uuid, status, statusAt = ARGV[2], ARGV[3], ARGV[4]
local m = read(uuid)
if m.s and (m.s == 'C' or m.s == status) then return { 'stands', m.s, m.a } end
if not m.t then m = unknown() end
local sentAt = status == 'C' and m.v ~= '' and m.t or ''
local entry = report(uuid, m, status, statusAt)
writeReports()
writeCounts()
return { 'recorded', entry, sentAt }
`;

/** For each failed report: uuid, revision, status, moment. Returns the entries of those that go again. */
export const RETRY_FAILED = `
for i = 2, #ARGV, 4 do
  local uuid, revision, status, statusAt = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local m = read(uuid)
  if not m.t then
    m = unknown()
    m.p, m.r, m.s = 'f', revision, status
  end
  if m.p == 'f' and m.r == revision then report(uuid, m, m.s, m.a or statusAt) end
end
writeReports()
writeCounts()
return reported
`;

/** Lets messages expire, and forgets those whose time is over. Returns the outbox' new entries. */
export const SWEEP = `
local retention, expireAfter, most = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
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
      report(uuid, m, 'N', int(expiresAt))
    elseif forgetAt and math.min(expiresAt or forgetAt, forgetAt) > now then
      redis.call('HSET', message(uuid), 'g', awaitDeadline(uuid, expiresAt or forgetAt))
    else
      total('open', -1)
      redis.call('DEL', message(uuid))
    end
  end
end
writeReports()
writeCounts()
return reported
`;

/**
 * The outbox' entries that have waited for so many ms: whoever recorded them is gone. Where neither a
 * job nor an entry is left, nothing is pending: jobs that people removed by hand aren't counted on.
 */
export const LEFT_OVER = `
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
