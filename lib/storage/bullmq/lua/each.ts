/** Scripts that do the same for many. */
export const EACH = `
-- Does it for each group of arguments. One for which it can't be done keeps it from no other.
local function each(first, size, act)
  local results = {}
  for i = first, #ARGV, size do
    local isDone, result = pcall(act, unpack(ARGV, i, i + size - 1))
    if not isDone then result = { 'error', type(result) == 'table' and result.err or tostring(result) } end
    results[#results + 1] = result
  end
  return results
end
`;
