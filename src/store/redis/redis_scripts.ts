/**
 * What Redis does in one step each (Lua, run by EVAL, which every version and every node of a cluster takes). Names of
 * chunks are built from the name of the artifact and lie in its slot. Errors of the first write leave everything as it was.
 */

/** KEYS chunk; ARGV bytes, seconds. Keeps a chunk for a while; gives its name and the SHA-1 of its bytes, as both arrived. */
export const storeChunk = `
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return KEYS[1] .. redis.sha1hex(ARGV[1])`;

const expireChunks = `
local function expireChunks(upload, size, bytes, seconds)
  local count = math.ceil((tonumber(size) or 0) / (tonumber(bytes) or 1))
  for i = 0, count - 1 do redis.call('EXPIRE', KEYS[1] .. ':' .. upload .. ':' .. i, seconds) end
end`;

/** KEYS artifact; ARGV fields. Gives the name that arrived, and the values: that of another name says nothing of this one. */
export const readRecord = `
return {KEYS[1], redis.call('HMGET', KEYS[1], unpack(ARGV))}`;

/**
 * KEYS artifact; ARGV seconds, then field and value of the record, in its order. Makes the chunks stay, points the
 * artifact to them and gives the bytes of the upload before a while: who is reading them goes on. 0 if a chunk is missing, or the record is not what was sent.
 */
export const publish = `${expireChunks}
local lasting = table.concat({ARGV[3], ARGV[5], ARGV[9], ARGV[11], ARGV[13]}, '\\n')
if redis.sha1hex(lasting) ~= ARGV[15] or not tonumber(ARGV[7]) then return 0 end
local size, upload, bytes = tonumber(ARGV[3]), ARGV[9], tonumber(ARGV[13])
local count = math.ceil(size / bytes)
for i = 0, count - 1 do
  if redis.call('STRLEN', KEYS[1] .. ':' .. upload .. ':' .. i) ~= math.min(bytes, size - i * bytes) then return 0 end
end
local old = redis.call('HMGET', KEYS[1], 'upload', 'size', 'chunkBytes')
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
for i = 0, count - 1 do redis.call('PERSIST', KEYS[1] .. ':' .. upload .. ':' .. i) end
if old[1] and old[1] ~= upload then expireChunks(old[1], old[2], old[3], ARGV[1]) end
return 1`;

/** KEYS artifact; ARGV upload, last put. Refreshes the time if it still has these bytes; else 0. */
export const touch = `
if redis.call('HGET', KEYS[1], 'upload') ~= ARGV[1] or not tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'lastPut', ARGV[2])
return 1`;

/** KEYS artifact; ARGV seconds, and perhaps the time before which it must have been put. 0 if it stays. */
export const remove = `${expireChunks}
local old = redis.call('HMGET', KEYS[1], 'upload', 'size', 'chunkBytes', 'lastPut')
if ARGV[2] and old[1] and (tonumber(old[4]) or 0) >= tonumber(ARGV[2]) then return 0 end
if old[1] then expireChunks(old[1], old[2], old[3], ARGV[1]) end
redis.call('DEL', KEYS[1])
return 1`;

/**
 * KEYS index, announced; ARGV key, seconds. Enters a key that is about to be published, and keeps {@linkcode forget}
 * from taking it for the leftover of a deleted one. Gives what it entered, and where.
 */
export const announce = `
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - tonumber(ARGV[2]))
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('ZADD', KEYS[1], 0, ARGV[1])
return KEYS[1] .. ARGV[1]`;

/** KEYS index; ARGV lower and upper bound, count. The server's time in seconds, and keys in their order. */
export const readPage = `
return {redis.call('TIME')[1], redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])}`;

/**
 * KEYS index, announced; ARGV seconds, the time of the page, keys. Removes keys that had no artifact when they were looked
 * up after that time, unless so much time has passed since, or one was announced, that a put may have come between.
 */
export const forget = `
local now = tonumber(redis.call('TIME')[1])
if now - tonumber(ARGV[2]) > tonumber(ARGV[1]) / 2 then return 0 end
for i = 3, #ARGV do
  local at = redis.call('ZSCORE', KEYS[2], ARGV[i])
  if not at or now - tonumber(at) > tonumber(ARGV[1]) then redis.call('ZREM', KEYS[1], ARGV[i]) end
end
return 1`;
