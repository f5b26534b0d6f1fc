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

/// `TERM`, or signals with pauses in seconds between them: `TSTP,5,TERM`.
@inline(never)
func parseStopSignals(_ text: ByteString) -> (first: Signal, rest: [StopStep])? {
  let parts = text.split(at: UInt8(ascii: ","))
  guard parts.count % 2 == 1, parts.count < 2 * longestSequence, let first = Signal(parts[0]) else {
    return nil
  }
  var rest: [StopStep] = []
  var index = 1
  while index + 1 < parts.count {
    guard let pause = parseSeconds(parts[index].trimmed), let signal = Signal(parts[index + 1])
    else { return nil }
    rest.append(StopStep(pause: Nanoseconds(pause), signal: signal))
    index += 2
  }
  return (first, rest)
}

/// `SOFT`, `SOFT:HARD`, each a number or `unlimited`; SOFT alone is both, as with `prlimit(1)`.
/// - Parameter isSize: `64KB`, `1GB` are numbers too.
@inline(never)
func parseLimit(_ text: ByteString, isSize: Bool) -> (soft: UInt64, hard: UInt64)? {
  let parts = text.split(at: UInt8(ascii: ":"))
  guard parts.count <= 2, let soft = oneLimit(parts[0], isSize),
    let hard = oneLimit(parts[parts.count - 1], isSize), soft <= hard
  else { return nil }
  return (soft, hard)
}

private func oneLimit(_ text: ByteString, _ isSize: Bool) -> UInt64? {
  let word = text.trimmed
  if word.lowercased.equals("unlimited") { return ResourceLimit.unlimited }
  return isSize ? parseSize(word).map { UInt64($0) } : word.unsignedDecimal
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
func nearestCapability(in text: ByteString) -> NearestName? {
  for name in namesBetweenCommas(text) where capabilityBits(name) == nil {
    var nearest = NearestName(to: withoutCapPrefix(name).uppercased)
    for number in 0..<UInt8(64) {
      let candidate = capabilityName(number)
      if candidate.isEmpty { break }
      nearest.consider(candidate)
    }
    return nearest
  }
  return nil
}

/// `NAME:PATH` pairs separated by commas, PATH from the root on.
@inline(never)
func parseSecrets(_ text: ByteString) -> [Secret]? {
  var secrets: [Secret] = []
  for pair in namesBetweenCommas(text) {
    guard let colon = pair.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let secret = Secret(name: pair.slice(0, colon).trimmed, path: pair.dropping(colon + 1).trimmed)
    guard isVariableName(secret.name), secret.path.hasPrefix("/"), secret.path.count > 1 else {
      return nil
    }
    for other in secrets where other.name == secret.name { return nil }
    secrets.append(secret)
  }
  return secrets.isEmpty ? nil : secrets
}

/// Not empty, no blank, no `=`.
@inline(never)
func isVariableName(_ name: ByteString) -> Bool {
  for byte in name.bytes where byte.isBlank || byte == UInt8(ascii: "=") { return false }
  return !name.isEmpty
}
