-- Shapes of load (cases.ts) and a line of figures that a program can read.

function init(args)
  local shape = args[1]
  if shape == "pipelined" then
    local all = string.rep(wrk.format(), 16)
    request = function() return all end
  elseif shape == "many" then
    request = manyInTurn()
  elseif shape == "random" then
    request = atRandom(tonumber(args[2]), args[3], tonumber(args[4]), tonumber(args[5]), tonumber(args[6]))
  end
end

function manyInTurn()
  local all = {}
  for index = 0, 9999 do all[index] = wrk.format(nil, "/many/" .. index .. ".txt") end
  local next = 0
  -- 7919 has no factor in common with 10,000: every file in turn, neighbours apart.
  return function()
    next = (next + 7919) % 10000
    return all[next]
  end
end

-- Paths by a seed: `pattern` has {a} and {b} for the thousands and the rest of a number below `count`, and {n} for a number
-- that hardly ever comes twice, in this order. With `hostCount`, one of so many hosts. A request is put together from parts made in advance,
-- because the generator must cost less than the servers.
-- `limit` requests end the load, unless it is 0.
function atRandom(seed, pattern, count, hostCount, limit)
  local state = (seed * 48271 + 11) % 2147483647
  local function below(most)
    state = state * 16807 % 2147483647
    return state % most
  end
  for _ = 1, 10 do below(1) end

  local heads, middles, tails = {}, {}, {}
  local a, rest = pattern:match("^(.-{a})(.*)$")
  if a == nil then a, rest = "", pattern end
  local b, last = rest:match("^(.-){n}(.*)$")
  for index = 0, 999 do
    local digits = string.format("%03d", index)
    heads[index] = "GET " .. a:gsub("{a}", digits)
    middles[index] = (b or rest):gsub("{b}", digits)
    if b == nil then middles[index] = middles[index] .. " HTTP/1.1\r\n" end
  end
  for index = 0, math.max(hostCount, 1) - 1 do
    if hostCount > 0 then wrk.headers["Host"] = string.format("site-%03d.example", index) end
    local fields = wrk.format():match("\r\n(.*)$")
    tails[index] = b and last .. " HTTP/1.1\r\n" .. fields or fields
  end

  local asked = 0
  return function()
    asked = asked + 1
    if asked == limit then wrk.thread:stop() end
    local index = below(count)
    local tail = hostCount > 0 and tails[below(hostCount)] or tails[0]
    local middle = middles[index % 1000]
    if b ~= nil then middle = middle .. (100000000 + below(900000000)) end
    return heads[math.floor(index / 1000)] .. middle .. tail
  end
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    "FIGURES %d %d %d %d %d %d %d",
    summary.requests, summary.bytes, summary.duration,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status,
    latency:percentile(50), latency:percentile(99)
  ))
end
