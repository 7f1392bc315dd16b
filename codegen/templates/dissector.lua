-- How frames and payloads are taken apart. Lua as Wireshark 3 and 4 have it (5.2 to 5.4).

local rnp = Proto("rnp", "RADS Native Protocol")

local f = {
  magic = ProtoField.bytes("rnp.magic", "Magic"),
  major = ProtoField.uint8("rnp.version.major", "Major version"),
  minor = ProtoField.uint8("rnp.version.minor", "Minor version"),
  length = ProtoField.uint32("rnp.length", "Length"),
  flags = ProtoField.uint16("rnp.flags", "Flags", base.HEX),
  compressed = ProtoField.bytes("rnp.compressed", "Compressed payload (LZ4)"),
  original = ProtoField.uint32("rnp.compressed.original", "Original size"),
  encrypted = ProtoField.bytes("rnp.encrypted", "Encrypted payload"),
  type = ProtoField.string("rnp.type", "Type"),
  about = ProtoField.string("rnp.about", "About"),
  id = ProtoField.string("rnp.id", "Id"),
  sender = ProtoField.string("rnp.sender", "Sender"),
  reply_to = ProtoField.string("rnp.reply_to", "Reply to"),
  timestamp = ProtoField.string("rnp.timestamp", "Timestamp"),
  deadline_ms = ProtoField.string("rnp.deadline_ms", "Deadline (ms)"),
  code = ProtoField.string("rnp.code", "Error code"),
  field = ProtoField.string("rnp.field", "Field"),
}
rnp.fields = f

local e = {
  magic = ProtoExpert.new("rnp.bad_magic", "Not a frame of RNP", expert.group.MALFORMED, expert.severity.ERROR),
  type = ProtoExpert.new("rnp.unknown_type", "Unknown message type", expert.group.UNDECODED, expert.severity.WARN),
  payload = ProtoExpert.new("rnp.bad_payload", "Payload is no MessagePack", expert.group.MALFORMED, expert.severity.ERROR),
  error = ProtoExpert.new("rnp.error", "Error message", expert.group.RESPONSE_CODE, expert.severity.NOTE),
}
rnp.experts = e

-- The deepest nesting that receivers take.
local DEPTH_MAX = 32

-- Envelope fields that have a field of their own here.
local ENVELOPE = {
  id = f.id,
  sender = f.sender,
  reply_to = f.reply_to,
  timestamp = f.timestamp,
  deadline_ms = f.deadline_ms,
}

-- Each reads one value at `at` of the range `buf` and returns it with the offset behind it. A value is a table
-- with `kind`, the range it came from (`from`, `to`), and `text`, or `items` for lists and maps.

local read

local function scalar(kind, from, to, text)
  return { kind = kind, from = from, to = to, text = text }, to
end

local function read_text(buf, from, head, size)
  local to = from + head + size
  return scalar("text", from, to, buf(from + head, size):string(ENC_UTF_8))
end

local function read_bytes(buf, from, head, size)
  local to = from + head + size
  return scalar("bytes", from, to, size .. " bytes")
end

local function read_items(buf, from, head, count, step, depth)
  if depth > DEPTH_MAX then error("too deep") end
  local items, at = {}, from + head
  for index = 1, count * step do
    items[index], at = read(buf, at, depth + 1)
  end
  return { kind = step == 2 and "map" or "list", from = from, to = at, items = items }, at
end

local function unsigned(buf, at, size)
  if size == 8 then return buf(at, 8):uint64() end
  return buf(at, size):uint()
end

local function signed(buf, at, size)
  if size == 8 then return buf(at, 8):int64() end
  return buf(at, size):int()
end

function read(buf, at, depth)
  local marker = buf(at, 1):uint()
  if marker < 0x80 then return scalar("integer", at, at + 1, tostring(marker)) end
  if marker < 0x90 then return read_items(buf, at, 1, marker - 0x80, 2, depth) end
  if marker < 0xa0 then return read_items(buf, at, 1, marker - 0x90, 1, depth) end
  if marker < 0xc0 then return read_text(buf, at, 1, marker - 0xa0) end
  if marker >= 0xe0 then return scalar("integer", at, at + 1, tostring(marker - 256)) end
  if marker == 0xc0 then return scalar("nil", at, at + 1, "nil") end
  if marker == 0xc2 then return scalar("boolean", at, at + 1, "false") end
  if marker == 0xc3 then return scalar("boolean", at, at + 1, "true") end
  if marker >= 0xc4 and marker <= 0xc6 then
    local size = 2 ^ (marker - 0xc4)
    return read_bytes(buf, at, 1 + size, buf(at + 1, size):uint())
  end
  if marker == 0xca then return scalar("number", at, at + 5, tostring(buf(at + 1, 4):float())) end
  if marker == 0xcb then return scalar("number", at, at + 9, tostring(buf(at + 1, 8):float())) end
  if marker >= 0xcc and marker <= 0xcf then
    local size = 2 ^ (marker - 0xcc)
    return scalar("integer", at, at + 1 + size, tostring(unsigned(buf, at + 1, size)))
  end
  if marker >= 0xd0 and marker <= 0xd3 then
    local size = 2 ^ (marker - 0xd0)
    return scalar("integer", at, at + 1 + size, tostring(signed(buf, at + 1, size)))
  end
  if marker >= 0xd9 and marker <= 0xdb then
    local size = 2 ^ (marker - 0xd9)
    return read_text(buf, at, 1 + size, buf(at + 1, size):uint())
  end
  if marker == 0xdc or marker == 0xdd then
    local size = 2 * (marker - 0xdb)
    return read_items(buf, at, 1 + size, buf(at + 1, size):uint(), 1, depth)
  end
  if marker == 0xde or marker == 0xdf then
    local size = 2 * (marker - 0xdd)
    return read_items(buf, at, 1 + size, buf(at + 1, size):uint(), 2, depth)
  end
  error(string.format("the byte %02x begins no value", marker))
end

-- Adds a value to the tree under a name, with all that is in it.
local function show(tree, buf, name, value)
  local range = buf(value.from, value.to - value.from)
  if value.items == nil then
    tree:add(f.field, range, value.text):set_text(name .. ": " .. value.text)
    return
  end
  local branch = tree:add(f.field, range, name)
  if value.kind == "map" then
    branch:set_text(name)
    for index = 1, #value.items, 2 do
      show(branch, buf, value.items[index].text or "?", value.items[index + 1])
    end
  else
    branch:set_text(string.format("%s: %d items", name, #value.items))
    for index, item in ipairs(value.items) do
      show(branch, buf, "[" .. (index - 1) .. "]", item)
    end
  end
end

local function show_data(tree, buf, type, data)
  if data.kind ~= "map" then return end
  local branch = tree:add(f.field, buf(data.from, data.to - data.from), "data")
  branch:set_text("data")
  for index = 1, #data.items, 2 do
    local name, value = data.items[index].text or "?", data.items[index + 1]
    if type == "error" and name == "code" and value.text then
      local facts = ERRORS[value.text]
      local item = branch:add(f.code, buf(value.from, value.to - value.from), value.text)
      if facts then item:append_text(" (" .. facts .. ")") end
      item:add_proto_expert_info(e.error, value.text)
    else
      show(branch, buf, name, value)
    end
  end
end

-- Returns the type of the message, for the column.
local function show_payload(tree, buf)
  local envelope, behind = read(buf, 0, 1)
  if envelope.kind ~= "map" or behind ~= buf:len() then error("it is not one map") end
  local type, data
  for index = 1, #envelope.items, 2 do
    local name, value = envelope.items[index].text, envelope.items[index + 1]
    local range = buf(value.from, value.to - value.from)
    if name == "type" then
      type = value.text
      local item = tree:add(f.type, range, type)
      if TYPES[type] then
        tree:add(f.about, range, TYPES[type]):set_generated()
      else
        item:add_proto_expert_info(e.type)
      end
    elseif name == "data" then
      data = value
    elseif ENVELOPE[name] and value.text then
      tree:add(ENVELOPE[name], range, value.text)
    else
      show(tree, buf, name or "?", value)
    end
  end
  if data then show_data(tree, buf, type, data) end
  return type
end

local function flag_words(flags)
  local words = {}
  for bit, word in pairs(FLAGS) do
    if math.floor(flags / bit) % 2 == 1 then table.insert(words, word) end
  end
  table.sort(words)
  return table.concat(words, ", ")
end

local function has(flags, word)
  for bit, name in pairs(FLAGS) do
    if name == word then return math.floor(flags / bit) % 2 == 1 end
  end
  return false
end

local function frame_length(buf)
  return HEADER_BYTES + buf(6, 4):uint()
end

local function show_frame(buf, pinfo, root)
  local tree = root:add(rnp, buf())
  tree:add(f.magic, buf(0, 4))
  if buf(0, 4):bytes():tohex(true) ~= MAGIC then
    tree:add_proto_expert_info(e.magic)
    return
  end
  tree:add(f.major, buf(4, 1))
  tree:add(f.minor, buf(5, 1))
  tree:add(f.length, buf(6, 4))
  local flags = buf(10, 2):uint()
  local words = flag_words(flags)
  tree:add(f.flags, buf(10, 2)):append_text(words == "" and "" or " (" .. words .. ")")
  local payload = buf(HEADER_BYTES):tvb("RNP payload")
  local label = "frame"
  if has(flags, "encrypted") then
    tree:add(f.encrypted, payload())
    label = "encrypted"
  elseif has(flags, "compressed") then
    local item = tree:add(f.compressed, payload())
    if payload:len() >= 4 then item:add_le(f.original, payload(0, 4)) end
    label = "compressed"
  else
    local ok, result = pcall(show_payload, tree, payload)
    if ok then
      label = result or "message"
    else
      tree:add_proto_expert_info(e.payload, "Payload is no MessagePack: " .. tostring(result))
      label = "malformed"
    end
  end
  tree:append_text(": " .. label)
  if pinfo.cols.protocol then pinfo.cols.protocol = "RNP" end
  pinfo.cols.info:append(" " .. label)
end

function rnp.dissector(buf, pinfo, root)
  local at = 0
  pinfo.cols.info = ""
  while at < buf:len() do
    local left = buf:len() - at
    if left < HEADER_BYTES then
      pinfo.desegment_offset, pinfo.desegment_len = at, DESEGMENT_ONE_MORE_SEGMENT
      return
    end
    local head = buf(at):tvb()
    local length = head(0, 4):bytes():tohex(true) == MAGIC and frame_length(head) or left
    if left < length then
      pinfo.desegment_offset, pinfo.desegment_len = at, length - left
      return
    end
    show_frame(buf(at, length):tvb(), pinfo, root)
    at = at + length
  end
end

-- Over TLS by the protocol that both sides agreed on, or by hand: Decode As, TLS port.
pcall(function() DissectorTable.get("tls.alpn"):add("rnp/1", rnp) end)
pcall(function() DissectorTable.get("tls.port"):add_for_decode_as(rnp) end)
DissectorTable.get("tcp.port"):add_for_decode_as(rnp)
