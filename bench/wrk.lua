-- Three shapes of load (cases.ts) and a line of figures that a program can read.
local shape

function init(args)
  shape = args[1]
  if shape == "pipelined" then
    local one = wrk.format()
    local all = string.rep(one, 16)
    request = function() return all end
  elseif shape == "many" then
    local all = {}
    for index = 0, 9999 do all[index] = wrk.format(nil, "/many/" .. index .. ".txt") end
    local next = 0
    -- 7919 has no factor in common with 10,000: every file in turn, neighbours apart.
    request = function()
      next = (next + 7919) % 10000
      return all[next]
    end
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
