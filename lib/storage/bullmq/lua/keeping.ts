/** How long messages are kept. Needs BASICS. */
export const KEEPING = `
-- What is pending is kept for so long, as its job is, which knows enough by itself.
local KEPT = '2592000000'
-- A message is forgotten an hour after its retention, by Redis; nobody asks for it any more then.
local GRACE = 3600000

local function keptFor(sentAt, retention)
  return math.max(0, tonumber(sentAt or now) + retention - now) + GRACE
end
`;
