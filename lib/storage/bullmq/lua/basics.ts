/** What every script begins with. KEYS[1] is the base key, ARGV[1] the moment in ms. */
export const BASICS = `
local base = KEYS[1]
local now = tonumber(ARGV[1])

local function int(number) return string.format('%.0f', number) end
local function message(uuid) return base .. ':m:' .. uuid end

-- Redis' own time: what processes measure leases by must be one clock.
local function time()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
`;
