/** Needs BASICS. */
export const STANDSTILL = `
local stoodStill

-- Ms for which the line stood still, over all time.
local function standstill()
  if not stoodStill then
    local f = redis.call('HMGET', base, 'blockedBefore', 'blockedLately', 'blockedSince')
    stoodStill = tonumber(f[1] or 0) + tonumber(f[2] or 0)
    if f[3] then stoodStill = stoodStill + now - tonumber(f[3]) end
  end
  return stoodStill
end
`;

/** Puts a line in the place of the one that was read; returns 0 where that has changed since. */
export const MOVE_LINE = `
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
