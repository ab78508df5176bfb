import { BUCKET, PROMPT, SLOT, hoursKept } from '../../../insights/bucket.js';
import { TIME_TO_CONVERT_BOUNDS } from '../../../insights/time-to-convert.js';

const { from, to } = hoursKept(0);
const lastBin = TIME_TO_CONVERT_BOUNDS.length - 1;

/**
 * Counts what a script does, and writes it at the script's end, by `writeCounts`: of many messages that
 * is one write, and not several for each. Needs BASICS.
 *
 * The totals are fields of the base key. Messages are counted by country and hour of sending as well,
 * by the rules of Tally. They are tables with t, c and v: sent at, country (two capital letters, or
 * empty), digest of the verification, which is empty where the message was never tracked, and counted
 * nowhere.
 *
 *     <base>:i:<hour>:<country>  hash  a bucket's counters, by their names
 *     <base>:insights            zset  <hour>:<country> of each bucket, by the hour
 */
export const COUNTING = `
local totals = {}
local buckets = {}

local function total(name, by) totals[name] = (totals[name] or 0) + by end

-- The bucket a message counts in, and which ten minutes of it.
local function bucketOf(m)
  local sentAt = tonumber(m.t)
  local hour = sentAt - sentAt % ${BUCKET}
  local name = int(hour) .. ':' .. m.c
  local bucket = buckets[name]
  if not bucket then
    bucket = { name = name, hour = hour, counts = {}, changed = {} }
    buckets[name] = bucket
  end
  return bucket, math.floor((sentAt - hour) / ${SLOT})
end

-- Reads those counters of a bucket that this script hasn't read yet.
local function look(bucket, ...)
  local unread = {}
  for _, name in ipairs({ ... }) do
    if not bucket.counts[name] then unread[#unread + 1] = name end
  end
  if #unread == 0 then return end
  for i, count in ipairs(redis.call('HMGET', base .. ':i:' .. bucket.name, unpack(unread))) do
    bucket.counts[unread[i]] = tonumber(count or 0)
  end
end

local function count(bucket, name, by)
  bucket.counts[name] = math.max(0, bucket.counts[name] + by)
  bucket.changed[name] = true
end

local function isCounted(m) return m.v and m.v ~= '' end

local function countSent(m)
  local bucket, slot = bucketOf(m)
  local since = now - now % ${BUCKET}
  if bucket.hour < since + ${from} or bucket.hour >= since + ${to} then return end
  look(bucket, 'sent', 'sent' .. slot)
  if bucket.counts.sent == 0 then
    redis.call('ZADD', base .. ':insights', int(bucket.hour), bucket.name)
  end
  count(bucket, 'sent', 1)
  count(bucket, 'sent' .. slot, 1)
end

local function binOf(took)
  ${TIME_TO_CONVERT_BOUNDS.slice(0, lastBin)
    .map((bound, bin) => `if took <= ${bound} then return 'took${bin}' end`)
    .join('\n  ')}
  return 'took${lastBin}'
end

local function countConverted(m, convertedAt)
  local bucket, slot = bucketOf(m)
  local sent, prompt = 'sent' .. slot, 'prompt' .. slot
  local took = tonumber(convertedAt) - tonumber(m.t)
  local bin = binOf(took)
  look(bucket, 'sent', 'converted', sent, prompt, bin)
  local counts = bucket.counts
  if counts.converted >= counts.sent then return end
  count(bucket, 'converted', 1)
  count(bucket, bin, 1)
  if took <= ${PROMPT} and counts[prompt] < counts[sent] then count(bucket, prompt, 1) end
end

-- A report of a message is on its way, or failed; or no more.
local function countMoved(m, name, by)
  if not isCounted(m) then return end
  local bucket = bucketOf(m)
  look(bucket, 'sent', 'pending', 'failed')
  if bucket.counts.sent > 0 then count(bucket, name, by) end
end

local function writeCounts()
  for name, by in pairs(totals) do
    if by ~= 0 then redis.call('HINCRBY', base, name, by) end
  end
  for name, bucket in pairs(buckets) do
    local fields = {}
    for counter in pairs(bucket.changed) do
      fields[#fields + 1] = counter
      fields[#fields + 1] = bucket.counts[counter]
    end
    if #fields > 0 then redis.call('HSET', base .. ':i:' .. name, unpack(fields)) end
  end
end
`;

/** Forgets buckets whose time is over. */
export const FORGET_BUCKETS = `
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
local name = hour .. ':' .. country
redis.call('ZADD', base .. ':insights', hour, name)
return redis.call('HSETNX', base .. ':i:' .. name, mark, at)
`;
