-- GCRA: one number a key, the time at which all that was let in would have come in at the even rate.
-- KEYS[1]  ARGV: seconds between two, seconds that may be taken in advance, cost, the time or "".
-- Returns the seconds to wait as text, "0" if this one was let in and counted.
local interval, ahead, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now = tonumber(ARGV[4])
if not now then
  local clock = redis.call("TIME")
  now = clock[1] + clock[2] / 1000000
end
local due = math.max(tonumber(redis.call("GET", KEYS[1]) or now), now) + interval * cost
local wait = due - ahead - now
if wait > 0.000001 then
  return string.format("%.6f", wait)
end
redis.call("SET", KEYS[1], string.format("%.6f", due), "PX", math.max(1, math.ceil((due - now) * 1000)))
return "0"
