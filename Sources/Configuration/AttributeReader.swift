// `Attributes` out of a section.

extension Reader {
  /// nil when the section asks for nothing of it. One that the process before it has too is shared.
  @inline(never)
  func attributes(
    _ values: SectionValues, _ sequence: [UInt64], like last: Attributes?
  ) -> Attributes? {
    let written = written(values, sequence)
    if written.isEmpty { return nil }
    if let last, last.written == written { return last }
    let result = Attributes()
    result.written = written
    if sequence.count > 1 { result.stopSequence = sequence }
    result.stopCommand = values.text("stop_command") ?? ByteString()
    result.forwardSignals.bits = UInt64(bitPattern: values.number("forward_signals") ?? 0)
    result.envFile = values.text("env_file")
    if let text = values.text("secrets") { result.secrets = parseSecrets(text) ?? text }
    result.inheritEnvironment = values.flag("inherit_env")
    result.userEnvironment = values.flag("user_environment")
    result.nice = values.number("nice").map { Int32(clamping: $0) }
    result.oomScoreAdjust = values.number("oom_score_adj").map { Int32(clamping: $0) }
    result.noNewPrivileges = values.flag("no_new_privs")
    result.capabilities = capabilities(values)
    result.stdin = StandardInput(rawValue: values.word("stdin") ?? 0) ?? .null
    for index in values.options.indices { addLimit(values, index, &result.limits) }
    return result
  }

  /// Everything that `Attributes` is made of and that was set.
  private func written(_ values: SectionValues, _ sequence: [UInt64]) -> ByteString {
    var written = ByteString()
    if sequence.count > 1 {
      for number in sequence { written.append(item: number) }
    }
    // They stand together in the table.
    guard let first = values.index("stop_command"), let last = values.index("stdin") else {
      return written
    }
    for index in first...last {
      let value = values.values[index]
      if value.entry == nil { continue }
      written.append(item: UInt64(index))
      written.append(item: UInt64(bitPattern: value.number ?? 0))
      if let text = value.text { written.append(text) }
    }
    return written
  }

  /// The numbers of `stopsignal`; none: it is unset.
  func stopSequence(_ values: SectionValues) -> [UInt64] {
    values.text("stopsignal").flatMap { parseStopSignals($0) } ?? []
  }

  private func addLimit(_ values: SectionValues, _ index: Int, _ limits: inout [UInt64]) {
    let option = values.options[index]
    guard option.kind == .limit || option.kind == .sizeLimit, let text = values.values[index].text,
      let found = parseLimit(text, isSize: option.kind == .sizeLimit),
      let resource = WordList.resources.index(of: ByteString(option.name).dropping(7))
    else { return }
    limits.append(UInt64(resource))
    limits += found
  }

  /// What is kept is all that is left.
  private func capabilities(_ values: SectionValues) -> CapabilityRule {
    let kept = capabilities(values, "cap_keep")
    if kept != 0 { return CapabilityRule(kept: kept, dropped: ~kept) }
    return CapabilityRule(dropped: capabilities(values, "cap_drop"))
  }

  @inline(never)
  private func capabilities(_ values: SectionValues, _ name: StaticString) -> UInt64 {
    values.text(name).flatMap { parseCapabilities($0) } ?? 0
  }

  /// What no single value shows.
  func checkAttributes(_ values: SectionValues) {
    if let place = values.place("forward_signals"), let bits = values.number("forward_signals") {
      for number in 1...Signal.highest where bits >> Int64(number - 1) & 1 == 1 {
        checkForwarding(Signal(number: number), place)
      }
    }
    let keep = capabilities(values, "cap_keep")
    let drop = capabilities(values, "cap_drop")
    if drop != .max, keep & drop != 0, let place = values.place("cap_drop") {
      let number = UInt8((keep & drop).trailingZeroBitCount)
      faults.error(place, message("cannot both keep and drop {}", capabilityName(number)))
    }
  }

  private func checkForwarding(_ signal: Signal, _ place: Place) {
    if Signals.unforwardable.contains(signal) {
      faults.error(
        place,
        message("cannot forward {}: it is for swinit alone, or a fault of its own", signal.name))
    } else if configuration.globals.stopOn.contains(signal), signal != .windowChange {
      faults.warn(
        place, message("{} begins the stop (stop_on): it is not forwarded", signal.name))
    }
  }
}

extension Signals {
  /// KILL and STOP are the kernel's, CHLD tells of children; ILL, TRAP, ABRT, BUS, FPE, SEGV and SYS
  /// of a fault.
  static let unforwardable = Signals(bits: 0x4005_05F8)
}

extension ByteString {
  /// To be compared only.
  @inline(never)
  fileprivate mutating func append(item: UInt64) {
    append(digits: item, base: 16)
    append(byte: 0)
  }
}
