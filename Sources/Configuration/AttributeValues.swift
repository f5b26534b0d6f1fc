// The values that only `Attributes` has: text -> value; nil where the text is none.

extension WordList {
  /// By the kernel's number, which is the same on x86_64 and aarch64.
  static let resources = WordList(
    """
    cpu | fsize | data | stack | core | rss | nproc | nofile | memlock | as | locks | sigpending \
    | msgqueue | nice | rtprio | rttime
    """)
  /// By the kernel's number.
  static let capabilities = WordList(
    """
    chown | dac_override | dac_read_search | fowner | fsetid | kill | setgid | setuid | setpcap \
    | linux_immutable | net_bind_service | net_broadcast | net_admin | net_raw | ipc_lock \
    | ipc_owner | sys_module | sys_rawio | sys_chroot | sys_ptrace | sys_pacct | sys_admin \
    | sys_boot | sys_nice | sys_resource | sys_time | sys_tty_config | mknod | lease \
    | audit_write | audit_control | setfcap | mac_override | mac_admin | syslog | wake_alarm \
    | block_suspend | audit_read | perfmon | bpf | checkpoint_restore
    """)
  static let standardInputs = WordList("null | pipe | inherit")
}

/// The most signals of one sequence: more than any program understands.
private let longestSequence = 16

/// `TERM`, or signals with pauses in seconds between them, `TSTP,5,TERM`, as
/// `Attributes.stopSequence` has them.
@inline(never)
func parseStopSignals(_ text: ByteString) -> [UInt64]? {
  let parts = text.split(at: UInt8(ascii: ","))
  guard parts.count % 2 == 1, parts.count < 2 * longestSequence else { return nil }
  var numbers: [UInt64] = []
  for part in parts {
    let isSignal = numbers.count % 2 == 0
    guard
      let number = isSignal ? Signal(part).map({ Int64($0.number) }) : parseSeconds(part.trimmed)
    else { return nil }
    numbers.append(UInt64(number))
  }
  return numbers
}

/// `SOFT`, `SOFT:HARD`, each a number or `unlimited`; SOFT alone is both, as with `prlimit(1)`.
/// - Parameter isSize: `64KB`, `1GB` are numbers too.
/// - Returns: both.
@inline(never)
func parseLimit(_ text: ByteString, isSize: Bool) -> [UInt64]? {
  var limits: [UInt64] = []
  for part in text.split(at: UInt8(ascii: ":")) {
    let word = part.trimmed
    if word.lowercased.equals("unlimited") {
      limits.append(Attributes.unlimited)
    } else if let number = isSize ? parseSize(word).map({ UInt64($0) }) : word.unsignedDecimal {
      limits.append(number)
    } else {
      return nil
    }
  }
  if limits.count == 1 { limits.append(limits[0]) }
  return limits.count == 2 && limits[0] <= limits[1] ? limits : nil
}

/// Names in any case, with or without CAP_, or `all`, separated by commas; as bits.
@inline(never)
func parseCapabilities(_ text: ByteString) -> UInt64? {
  let names = namesBetweenCommas(text)
  var bits: UInt64 = 0
  for name in names {
    guard let found = capabilityBits(name) else { return nil }
    bits |= found
  }
  return names.isEmpty ? nil : bits
}

private func capabilityBits(_ name: ByteString) -> UInt64? {
  if name.lowercased.equals("all") { return .max }
  return WordList.capabilities.index(of: withoutCapPrefix(name)).map { 1 << UInt64($0) }
}

private func withoutCapPrefix(_ name: ByteString) -> ByteString {
  name.uppercased.hasPrefix("CAP_") ? name.dropping(4) : name
}

/// Of the first name in a list that is no capability: the one that was meant, perhaps.
@inline(never)
func nearestCapability(in text: ByteString) -> ByteString {
  for name in namesBetweenCommas(text) where capabilityBits(name) == nil {
    return WordList.capabilities.nearest(to: withoutCapPrefix(name)).question
  }
  return ByteString()
}

/// `NAME:PATH` pairs separated by commas, PATH from the root on; each ended by a NUL.
@inline(never)
func parseSecrets(_ text: ByteString) -> ByteString? {
  var block = ByteString()
  for pair in namesBetweenCommas(text) {
    let colon = pair.firstIndex(of: UInt8(ascii: ":")) ?? pair.count
    let name = pair.slice(0, colon).trimmed
    let path = pair.dropping(colon + 1).trimmed
    guard isVariableName(name), path.hasPrefix("/"), path.count > 1 else { return nil }
    for other in block.entriesEndedByNul where other.nameOfSecret == name { return nil }
    block.append(name)
    block.append(byte: UInt8(ascii: ":"))
    block.append(path)
    block.append(byte: 0)
  }
  return block.isEmpty ? nil : block
}

extension ByteString {
  /// Of a `NAME:PATH`.
  public var nameOfSecret: ByteString { slice(0, firstIndex(of: UInt8(ascii: ":")) ?? 0) }
  public var pathOfSecret: ByteString { dropping((firstIndex(of: UInt8(ascii: ":")) ?? 0) + 1) }
}

/// Not empty, no blank, no `=`.
@inline(never)
func isVariableName(_ name: ByteString) -> Bool {
  for byte in name.bytes where byte.isBlank || byte == UInt8(ascii: "=") { return false }
  return !name.isEmpty
}
