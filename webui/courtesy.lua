-- A place at one mail server's address: so many at once, and so many connections over time.
-- KEYS: connections opened to it, opened to its network, tokens inside, flag "slow", flag "busy". Each opened one is
-- scored by when, each token inside by when it lapses unless its holder says that it lives.
-- ARGV: token, seconds until it lapses, places, then caps or "": in ten minutes, in an hour, of the network in ten minutes;
-- "1" where a busy server is to be left alone, and the time or "".
-- Returns "in", "wait <seconds>" (0: until somebody leaves) or "cap <which>".
local now = tonumber(ARGV[8])
if not now then
  local clock = redis.call("TIME")
  now = clock[1] + clock[2] / 1000000
end
local token, lease, places = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

if ARGV[7] == "1" then
  local busy = redis.call("PTTL", KEYS[5])
  if busy > 0 then
    return string.format("wait %.3f", busy / 1000)
  end
end
if redis.call("EXISTS", KEYS[4]) == 1 then
  places = 1
end
redis.call("ZREMRANGEBYSCORE", KEYS[3], "-inf", now)
if redis.call("ZCARD", KEYS[3]) >= places then
  return "wait 0"
end

local ten_minutes, hour, network = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local function too_many(key, seconds, cap)
  return cap and redis.call("ZCOUNT", key, string.format("(%.6f", now - seconds), "+inf") >= cap
end
if too_many(KEYS[1], 3600, hour) then
  return "cap hour"
elseif too_many(KEYS[1], 600, ten_minutes) then
  return "cap ten minutes"
elseif too_many(KEYS[2], 600, network) then
  return "cap network"
end
local function note(key, seconds)
  redis.call("ZREMRANGEBYSCORE", key, "-inf", string.format("%.6f", now - seconds))
  redis.call("ZADD", key, string.format("%.6f", now), token)
  redis.call("EXPIRE", key, seconds)
end
if hour then
  note(KEYS[1], 3600)
end
if network then
  note(KEYS[2], 600)
end
redis.call("ZADD", KEYS[3], string.format("%.6f", now + lease), token)
redis.call("PEXPIRE", KEYS[3], math.ceil(lease * 1000))
return "in"
