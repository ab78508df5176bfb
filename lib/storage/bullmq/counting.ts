import { BUCKET, PROMPT, SLOT, hoursKept } from '../../insights/bucket.js';
import { TIME_TO_CONVERT_BOUNDS } from '../../insights/time-to-convert.js';

const { from, to } = hoursKept(0);

/**
 * Counts messages by country and hour of sending, in Lua: the rules are those of Tally. Needs `base`,
 * `now` and `int`. Messages are tables with t, c and v: sent at, country, digest of the verification,
 * which is empty where the message was never tracked, and counted nowhere.
 *
 *     <base>:i:<hour>:<country>  hash  a bucket's counters, by their names
 *     <base>:insights            zset  <hour>:<country> of each bucket, by the hour
 */
export const COUNTING = `
local BOUNDS = { ${TIME_TO_CONVERT_BOUNDS.join(', ')} }

local function bucketOf(m)
  local sentAt = tonumber(m.t)
  local hour = sentAt - sentAt % ${BUCKET}
  local country = string.match(m.c or '', '^[A-Z][A-Z]$') or ''
  return int(hour) .. ':' .. country, hour, math.floor((sentAt - hour) / ${SLOT})
end

local function isCounted(m) return m.v and m.v ~= '' end

local function countSent(m)
  local name, hour, slot = bucketOf(m)
  local since = now - now % ${BUCKET}
  if hour < since + ${from} or hour >= since + ${to} then return end
  local key = base .. ':i:' .. name
  if redis.call('HINCRBY', key, 'sent', 1) == 1 then
    redis.call('ZADD', base .. ':insights', int(hour), name)
  end
  redis.call('HINCRBY', key, 'sent' .. slot, 1)
end

local function countConverted(m, convertedAt)
  local name, _, slot = bucketOf(m)
  local key = base .. ':i:' .. name
  local f = redis.call('HMGET', key, 'sent', 'converted', 'sent' .. slot, 'prompt' .. slot)
  if tonumber(f[2] or 0) >= tonumber(f[1] or 0) then return end
  local took = tonumber(convertedAt) - tonumber(m.t)
  local bin = 1
  while bin < #BOUNDS and took > BOUNDS[bin] do bin = bin + 1 end
  redis.call('HINCRBY', key, 'converted', 1)
  redis.call('HINCRBY', key, 'took' .. (bin - 1), 1)
  if took <= ${PROMPT} and tonumber(f[4] or 0) < tonumber(f[3] or 0) then
    redis.call('HINCRBY', key, 'prompt' .. slot, 1)
  end
end

-- A report of a message is on its way, or failed; or no more.
local function countMoved(m, name, by)
  if not isCounted(m) then return end
  local key = base .. ':i:' .. bucketOf(m)
  local f = redis.call('HMGET', key, 'sent', name)
  if not f[1] then return end
  redis.call('HSET', key, name, math.max(0, tonumber(f[2] or 0) + by))
end

local function forgetBuckets(most)
  local first = int(now - now % ${BUCKET} + ${from})
  local over = redis.call('ZRANGEBYSCORE', base .. ':insights', '-inf', '(' .. first, 'LIMIT', 0, most)
  for _, name in ipairs(over) do
    redis.call('DEL', base .. ':i:' .. name)
    redis.call('ZREM', base .. ':insights', name)
  end
end
`;

/** Returns 1 where the mark is set by this call. */
export const MARK_INSIGHTS = `
local hour, country, mark, at = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local name = bucketOf({ t = hour, c = country })
redis.call('ZADD', base .. ':insights', hour, name)
return redis.call('HSETNX', base .. ':i:' .. name, mark, at)
`;
