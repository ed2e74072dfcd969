-- pfsync version 5, IP protocol 240: the state synchronisation of FreeBSD's pf, as pfSense runs it.
-- For Wireshark and tshark, which have no dissector of their own. Every byte of a packet is shown.
-- Layouts: FreeBSD sys/net/if_pfsync.h and sys/net/pfvar.h (struct pfsync_state_1301, _1400, _1500).

local pfsync = Proto("pfsync", "Packet Filter State Synchronisation")

-- What numbers mean ------------------------------------------------------------------------------------

local AF_INET, OUT, TCP, ICMP, ICMPV6, SCTP = 2, 2, 6, 1, 58, 132
local FAMILIES = { [2] = "IPv4", [28] = "IPv6" }
local PROTOCOLS = {
  [1] = "ICMP", [2] = "IGMP", [6] = "TCP", [17] = "UDP", [47] = "GRE", [50] = "ESP",
  [58] = "ICMPv6", [112] = "CARP", [132] = "SCTP", [240] = "pfsync",
}
local DIRECTIONS = { [0] = "in and out", "in", "out" }
local ROUTES = { [0] = "none", "fastroute", "route-to", "dup-to", "reply-to" }
local BULK = { "start", "end" }
local TIMEOUTS = {
  [0] = "tcp.first", "tcp.opening", "tcp.established", "tcp.closing", "tcp.finwait", "tcp.closed",
  "udp.first", "udp.single", "udp.multiple", "icmp.first", "icmp.error", "other.first",
  "other.single", "other.multiple", "frag", "interval", "adaptive.start", "adaptive.end",
  "src.track", "tsdiff", "sctp.first", "sctp.opening", "sctp.established", "sctp.closing",
  "sctp.closed",
}
local TCP_LEVELS = {
  [0] = "CLOSED", "LISTEN", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT_1",
  "CLOSING", "LAST_ACK", "FIN_WAIT_2", "TIME_WAIT", "PROXY:SRC", "PROXY:DST",
}
local OTHER_LEVELS = { [0] = "NO_TRAFFIC", "SINGLE", "MULTIPLE" }
local FLAGS = {
  { "allow_opts", 0x0001 }, { "sloppy", 0x0002 }, { "pflow", 0x0004 }, { "no_sync", 0x0008 },
  { "ack", 0x0010 }, { "no_df", 0x0020 }, { "set_tos", 0x0040 }, { "random_id", 0x0080 },
  { "scrub_tcp", 0x0100 }, { "set_prio", 0x0200 }, { "dn_pipe", 0x4000 }, { "dn_queue", 0x8000 },
}

-- Fields, parts and what may be wrong ------------------------------------------------------------------

-- The filter of a field is pfsync.NAME.
local F, registered = {}, {}
local function field(name, kind, title, ...)
  F[name] = ProtoField[kind]("pfsync." .. name, title, ...)
  registered[#registered + 1] = F[name]
end

-- A part of a layout is its length and how it adds itself to the tree. `entry` is what is known of
-- the whole, and what FreeBSD would refuse in it (`faults`).
local function part(length, name, kind, title, ...)
  field(name, kind, title, ...)
  return { length, function(tree, range)
    local item = tree:add(F[name], range)
    if kind == "int32" and range:int() == -1 then item:append_text(" (none)") end
  end }
end

-- A part of which FreeBSD takes no value without a meaning.
local function checked(name, title, meanings)
  field(name, "uint8", title, base.DEC, meanings)
  return { 1, function(tree, range, entry)
    tree:add(F[name], range)
    local value = range:uint()
    if not meanings[value] then table.insert(entry.faults, title:lower() .. " " .. value) end
  end }
end

local function padding(length)
  return { length, function(tree, range)
    local item = tree:add(F.pad, range)
    if range:bytes():tohex():match("^0*$") then item:set_hidden() end
  end }
end

field("version", "uint8", "Version")
field("len", "uint16", "Length")
field("pfcksum", "bytes", "Ruleset checksum")
field("action", "uint8", "Action")
field("count", "uint16", "Count")
field("pad", "bytes", "Padding")
field("trailer", "bytes", "Not looked at")
-- These two, and port, find an end wherever it stands.
field("addr", "ipv4", "Address")
field("addr6", "ipv6", "Address")
field("port", "uint16", "Port")

local EXPERTS = {
  malformed = ProtoExpert.new("pfsync.malformed", "Malformed", expert.group.MALFORMED, expert.severity.ERROR),
  action = ProtoExpert.new("pfsync.bad_action", "Bad action", expert.group.UNDECODED, expert.severity.ERROR),
  value = ProtoExpert.new("pfsync.bad_value", "Bad value", expert.group.PROTOCOL, expert.severity.WARN),
  eof = ProtoExpert.new("pfsync.no_eof", "There is no EOF", expert.group.PROTOCOL, expert.severity.WARN),
  cut = ProtoExpert.new("pfsync.cut", "Not all was captured", expert.group.UNDECODED, expert.severity.NOTE),
}

-- Addresses and keys -----------------------------------------------------------------------------------

local function add_address(tree, range, name, family)
  if family ~= AF_INET then
    tree:add(F[name .. "6"], range)
    tree:add(F.addr6, range):set_hidden()
    return "[" .. tostring(range:ipv6()) .. "]"
  end
  tree:add(F[name], range(0, 4))
  padding(12)[2](tree, range(4, 12))
  tree:add(F.addr, range(0, 4)):set_hidden()
  return tostring(range(0, 4):ipv4())
end

-- Of a state inwards the source comes first, of one outwards the destination.
local function key(side, title)
  for _, peer in ipairs({ "src", "dst" }) do
    local name = "state." .. side .. "." .. peer
    field(name, "ipv4", peer)
    field(name .. "6", "ipv6", peer)
    field(name .. "port", "uint16", peer .. " port")
  end
  return { 36, function(tree, range, entry)
    local sub, text = tree:add(range, title), {}
    for index, peer in ipairs(entry.direction == OUT and { "dst", "src" } or { "src", "dst" }) do
      local name, port = "state." .. side .. "." .. peer, range(30 + 2 * index, 2)
      local address = add_address(sub, range(16 * index - 16, 16), name, entry[side .. "_af"])
      sub:add(F[name .. "port"], port)
      sub:add(F.port, port):set_hidden()
      text[peer] = address .. ":" .. port:uint()
    end
    entry[side] = text.src .. " -> " .. text.dst
    sub:append_text(": " .. entry[side])
  end }
end

field("state.rt_addr", "ipv4", "Route address")
field("state.rt_addr6", "ipv6", "Route address")
local ROUTE_ADDRESS = { 16, function(tree, range, entry)
  add_address(tree, range, "state.rt_addr", entry.rt_af)
end }

-- Peers ------------------------------------------------------------------------------------------------

local function level_text(level, protocol)
  local names = protocol == TCP and TCP_LEVELS or OTHER_LEVELS
  -- pf keeps none for these.
  if protocol == ICMP or protocol == ICMPV6 or protocol == SCTP then names = {} end
  return names[level] or tostring(level)
end

local function peer(name, title)
  local prefix = "state." .. name .. "."
  local parts = {
    part(2, prefix .. "scrub.flags", "uint16", "Scrub flags", base.HEX),
    part(1, prefix .. "scrub.ttl", "uint8", "Scrub TTL"),
    part(1, prefix .. "scrub.valid", "uint8", "Scrub fields valid"),
    part(4, prefix .. "scrub.ts_mod", "uint32", "Timestamp modulation"),
    part(4, prefix .. "seqlo", "uint32", "Highest sequence number sent"),
    part(4, prefix .. "seqhi", "uint32", "Highest acknowledged, plus window"),
    part(4, prefix .. "seqdiff", "uint32", "Sequence number modulation"),
    part(2, prefix .. "max_win", "uint16", "Largest window, unscaled"),
    part(2, prefix .. "mss", "uint16", "MSS"),
    part(1, prefix .. "level", "uint8", "Level"),
    part(1, prefix .. "wscale", "uint8", "Window scale", base.HEX),
    padding(6),
  }
  return { 32, function(tree, range, entry)
    local level, at = range(24, 1):uint(), 0
    entry[name] = level_text(level, entry.protocol)
    local sub = tree:add(range, title .. ": " .. entry[name])
    for _, each in ipairs(parts) do
      each[2](sub, range(at, each[1]))
      at = at + each[1]
    end
    if level > #TCP_LEVELS then table.insert(entry.faults, "level " .. level) end
  end }
end

-- Layouts ----------------------------------------------------------------------------------------------

local function layout(...)
  local result = { length = 0 }
  for _, parts in ipairs({ ... }) do
    for _, each in ipairs(parts) do
      result[#result + 1] = each
      result.length = result.length + each[1]
    end
  end
  return result
end

field("state.flags", "uint16", "State flags", base.HEX)
for _, flag in ipairs(FLAGS) do field("state.flags." .. flag[1], "bool", flag[1], 16, nil, flag[2]) end
local function add_flags(tree, range)
  local sub = tree:add(F["state.flags"], range, range:uint())
  for _, flag in ipairs(FLAGS) do sub:add(F["state.flags." .. flag[1]], range, range:uint()) end
end

local function named(length, name, title, key_of_entry, text_of)
  local shown = part(length, name, length == 8 and "uint64" or "uint32", title, base.HEX)
  return { length, function(tree, range, entry)
    shown[2](tree, range)
    entry[key_of_entry] = text_of(range)
  end }
end
local ID = named(8, "state.id", "State id", "id", function(range) return range:uint64():tohex() end)
local CREATOR = named(4, "state.creatorid", "Creator (Filter Host ID)", "creator", function(range)
  return string.format("%08x", range:uint())
end)
local TIMEOUT = checked("state.timeout", "Timeout", TIMEOUTS)
local FAMILY = checked("state.af", "Address family", FAMILIES)
local DIRECTION = checked("state.direction", "Direction", DIRECTIONS)
local SRC, DST = peer("src", "Source"), peer("dst", "Destination")
local EXPIRE = part(4, "state.expire", "uint32", "Expires in (s)")
local IFNAME = part(16, "state.ifname", "string", "Interface")
local PROTO = part(1, "state.proto", "uint8", "Protocol", base.DEC, PROTOCOLS)
local LOG = part(1, "state.log", "uint8", "Log", base.HEX)
local RTABLEID = part(4, "state.rtableid", "int32", "Routing table")
local MAX_MSS = part(2, "state.max_mss", "uint16", "Maximum MSS")
local RT = part(1, "state.rt", "uint8", "Route", base.DEC, ROUTES)
local RT_IFNAME = part(16, "state.rt_ifname", "string", "Route interface")
local PRIORITY = part(1, "state.set_prio", "uint8", "Set priority")
local TTL_AND_TOS = {
  part(1, "state.min_ttl", "uint8", "Minimum TTL"), part(1, "state.set_tos", "uint8", "Set TOS", base.HEX),
}
local COMMON = {
  ID, IFNAME, key("wire", "Key on the wire"), key("stack", "Key on the stack"), SRC, DST, ROUTE_ADDRESS,
  part(4, "state.rule", "int32", "Rule"), part(4, "state.anchor", "int32", "Anchor"),
  part(4, "state.nat_rule", "int32", "Translation rule"), part(4, "state.creation", "uint32", "Age (s)"), EXPIRE,
  part(8, "state.packets", "uint64", "Packets with the state's direction"),
  part(8, "state.packets_back", "uint64", "Packets against it"),
  part(8, "state.bytes", "uint64", "Bytes with the state's direction"),
  part(8, "state.bytes_back", "uint64", "Bytes against it"), CREATOR,
}
local SYNC = {
  TIMEOUT, part(1, "state.sync_flags", "uint8", "Source tracking", base.HEX),
  part(1, "state.updates", "uint8", "Updates (not used)"),
}
local QUEUES = {
  part(2, "state.qid", "uint16", "Queue"), part(2, "state.pqid", "uint16", "Priority queue"),
  part(2, "state.dnpipe", "uint16", "Dummynet"), part(2, "state.dnrpipe", "uint16", "Dummynet against the direction"),
}

local STATE_1301 = layout(COMMON, { FAMILY, PROTO, DIRECTION, padding(2), LOG, { 1, add_flags } }, SYNC)
local STATE_1400 = layout(COMMON, { FAMILY, PROTO, DIRECTION, { 2, add_flags }, LOG, padding(1) }, SYNC, QUEUES,
  { RTABLEID }, TTL_AND_TOS, { MAX_MSS, PRIORITY, PRIORITY, RT, RT_IFNAME })
local STATE_1500 = layout(COMMON, { part(64, "state.tagname", "string", "Tag"), RT_IFNAME,
  part(16, "state.orig_ifname", "string", "Original interface"), RTABLEID, { 2, add_flags } }, QUEUES, { MAX_MSS,
  FAMILY,
  part(1, "state.stack_af", "uint8", "Address family on the stack", base.DEC, FAMILIES),
  part(1, "state.rt_af", "uint8", "Address family of the route", base.DEC, FAMILIES), PROTO,
  part(1, "state.stack_proto", "uint8", "Protocol on the stack", base.DEC, PROTOCOLS), LOG, TIMEOUT, DIRECTION, RT },
  TTL_AND_TOS, { PRIORITY, PRIORITY, padding(3) })
local UPDATE = layout({ ID, SRC, DST, CREATOR, EXPIRE, TIMEOUT, padding(3) })
local REFERENCE, CLEAR = layout({ ID, CREATOR }), layout({ IFNAME, CREATOR })
local STATUS = layout({ CREATOR, part(4, "bus.endtime", "uint32", "Since the request (s)"),
  part(1, "bus.status", "uint8", "Status", base.DEC, BULK), padding(3) })
local TDB = layout({
  part(4, "tdb.spi", "uint32", "SPI", base.HEX), part(28, "tdb.dst", "bytes", "Destination (sockaddr)"),
  part(4, "tdb.rpl", "uint32", "Replay counter"), part(8, "tdb.cur_bytes", "uint64", "Bytes"),
  part(1, "tdb.sproto", "uint8", "Protocol"), part(1, "tdb.updates", "uint8", "Updates"), padding(2),
})
pfsync.fields = registered
pfsync.experts = { EXPERTS.malformed, EXPERTS.action, EXPERTS.value, EXPERTS.eof, EXPERTS.cut }

-- What the first parts must know of later ones, by where it stands.
local function look_ahead(wire_af, stack_af, rt_af, protocol, direction)
  return function(range)
    local function at(offset) return range(offset, 1):uint() end
    return {
      faults = {}, wire_af = at(wire_af), stack_af = at(stack_af), rt_af = at(rt_af),
      protocol = at(protocol), direction = at(direction),
    }
  end
end
STATE_1301.look_ahead = look_ahead(232, 232, 232, 233, 234)
STATE_1400.look_ahead = STATE_1301.look_ahead
STATE_1500.look_ahead = look_ahead(344, 345, 346, 347, 351)
-- A compressed update does not tell its protocol, but its timeout does.
UPDATE.look_ahead = function(range)
  local family = (TIMEOUTS[range(80, 1):uint()] or ""):match("^%a+")
  return { faults = {}, protocol = ({ tcp = TCP, icmp = ICMP, sctp = SCTP })[family] }
end

-- The packet -------------------------------------------------------------------------------------------

local EOF, VERSION, HEADER_BYTES, SUBHEADER_BYTES = 12, 5, 20, 4
local ACTIONS = {
  [0] = { "clear all", CLEAR }, { "insert 13.1", STATE_1301 }, { "insert ack", REFERENCE },
  { "update 13.1", STATE_1301 }, { "update compressed", UPDATE }, { "request uncompressed", REFERENCE },
  { "delete" }, { "delete compressed", REFERENCE }, { "frag insert" }, { "frag delete" },
  { "bulk update status", STATUS }, { "tdb", TDB }, { "eof", layout() }, { "insert", STATE_1400 },
  { "update", STATE_1400 }, { "insert 15.0", STATE_1500 }, { "update 15.0", STATE_1500 },
}

local function add_entry(tree, range, form)
  local entry = form.look_ahead and form.look_ahead(range) or { faults = {} }
  local sub, at, text = tree:add(range, "Entry"), 0, {}
  for _, each in ipairs(form) do
    each[2](sub, range(at, each[1]), entry)
    at = at + each[1]
  end
  if entry.id then text[1] = entry.id .. "/" .. entry.creator end
  if entry.wire then
    text[2] = PROTOCOLS[entry.protocol] or "protocol " .. entry.protocol
    text[3] = (DIRECTIONS[entry.direction] or "?") .. " " .. entry.wire
    if entry.stack ~= entry.wire then text[4] = "(" .. entry.stack .. ")" end
  end
  if entry.src then table.insert(text, entry.src .. ":" .. entry.dst) end
  local title = table.concat(text, " ")
  if title ~= "" then sub:set_text(title) end
  if #entry.faults > 0 then
    sub:add_proto_expert_info(EXPERTS.value, "FreeBSD refuses " .. table.concat(entry.faults, ", "))
  end
  return title
end

-- Returns where the region ends, whether it is EOF, and what is wrong when it cannot be looked at.
local function add_region(tree, buffer, at, info)
  local action, count = buffer(at, 1):uint(), buffer(at + 2, 2):uint()
  local title, form = table.unpack(ACTIONS[action] or { "action " .. action })
  local sub = tree:add(buffer(at, SUBHEADER_BYTES), title .. " count " .. count)
  sub:add(F.action, buffer(at, 1)):append_text(" (" .. title .. ")")
  padding(1)[2](sub, buffer(at + 1, 1))
  sub:add(F.count, buffer(at + 2, 2))
  if action ~= EOF then table.insert(info, title .. " count " .. count) end
  local first, bytes = at + SUBHEADER_BYTES, form and form.length or 0
  local last = first + count * bytes
  if not form then return first, false, EXPERTS.action, "FreeBSD takes no " .. title .. " and stops here" end
  if last > buffer:reported_len() then return first, false, EXPERTS.malformed, "Not all entries are there" end
  if last > buffer:len() then return first, false, EXPERTS.cut, "The entries were not all captured" end
  sub:set_len(last - at)
  for from = first, last - 1, math.max(bytes, 1) do
    local text = add_entry(sub, buffer(from, bytes), form)
    if count == 1 and text ~= "" then info[#info] = title .. " " .. text end
  end
  return last, action == EOF
end

function pfsync.dissector(buffer, pinfo, root)
  local captured, whole, info = buffer:len(), buffer:reported_len(), {}
  pinfo.cols.protocol = "PFSYNC"
  local tree = root:add(pfsync, buffer())
  if captured < HEADER_BYTES then
    tree:add(F.trailer, buffer())
    local kind = whole < HEADER_BYTES and EXPERTS.malformed or EXPERTS.cut
    tree:add_proto_expert_info(kind, "The header is not all there")
    return
  end
  tree:add(F.version, buffer(0, 1))
  padding(1)[2](tree, buffer(1, 1))
  local length_item = tree:add(F.len, buffer(2, 2))
  tree:add(F.pfcksum, buffer(4, 16))
  local version, length, at = buffer(0, 1):uint(), buffer(2, 2):uint(), HEADER_BYTES
  local ended, fault, reason = false, nil, nil
  if version ~= VERSION then
    fault, reason = EXPERTS.malformed, "The version is not 5"
  elseif length > whole then
    fault, reason = EXPERTS.malformed, "The header announces more than there is"
  end
  while not fault and not ended and at + SUBHEADER_BYTES <= length do
    if at + SUBHEADER_BYTES > captured then
      fault, reason = EXPERTS.cut, "The regions were not all captured"
    else
      at, ended, fault, reason = add_region(tree, buffer, at, info)
    end
  end
  if ended and at < whole then fault, reason = EXPERTS.malformed, "There is something behind EOF" end
  if not fault and not ended then fault, reason = EXPERTS.eof, "There is no EOF" end
  if at < captured then tree:add(F.trailer, buffer(at)) end
  if fault then length_item:add_proto_expert_info(fault, reason) end
  pinfo.cols.info:set(string.format("v%d len %d: %s", version, length, table.concat(info, ", ")))
end

-- IPv6 looks up its next header here too.
DissectorTable.get("ip.proto"):add(240, pfsync)
