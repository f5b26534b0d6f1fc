// `Attributes` out of a section.

extension Reader {
  /// nil when the section asks for nothing of it. One that the process before it has too is shared.
  @inline(never)
  func attributes(_ values: SectionValues, like last: Attributes?) -> Attributes? {
    let result = Attributes()
    result.stopRest =
      values.setting("stopsignal") == nil ? globals.stopRest : stopSignals(values)?.rest ?? []
    result.stopCommand = values.text("stop_command") ?? ByteString()
    result.forwardSignals = Signals(
      bits: UInt64(bitPattern: values.number("forward_signals") ?? 0))
    result.envFile = values.text("env_file")
    result.secrets = values.text("secrets").flatMap { parseSecrets($0) } ?? []
    result.inheritEnvironment = values.flag("inherit_env")
    result.userEnvironment = values.flag("user_environment")
    result.nice = values.number("nice").map { Int32(clamping: $0) }
    result.oomScoreAdjust = values.number("oom_score_adj").map { Int32(clamping: $0) }
    result.limits = limits(values)
    result.noNewPrivileges = values.flag("no_new_privs")
    result.capabilities = capabilities(values)
    result.stdin = StandardInput(rawValue: values.word("stdin") ?? 0) ?? .null
    if let last, last == result { return last }
    return result == Attributes() ? nil : result
  }

  /// The signals of `stopsignal`.
  func stopSignals(_ values: SectionValues) -> (first: Signal, rest: [StopStep])? {
    values.text("stopsignal").flatMap { parseStopSignals($0) }
  }

  private func limits(_ values: SectionValues) -> [ResourceLimit] {
    var limits: [ResourceLimit] = []
    for index in values.options.indices {
      let option = values.options[index]
      guard option.kind == .limit || option.kind == .sizeLimit,
        let text = values.values[index].text,
        let found = parseLimit(text, isSize: option.kind == .sizeLimit),
        let resource = WordList.resources.index(of: ByteString(option.name).dropping(7))
      else { continue }
      limits.append(
        ResourceLimit(resource: UInt8(clamping: resource), soft: found.soft, hard: found.hard))
    }
    return limits
  }

  /// What is kept is all that is left.
  private func capabilities(_ values: SectionValues) -> CapabilityRule {
    var rule = CapabilityRule()
    rule.dropped = values.text("cap_drop").flatMap { parseCapabilities($0) } ?? 0
    if let kept = values.text("cap_keep").flatMap({ parseCapabilities($0) }) {
      rule.kept = kept
      rule.dropped = ~kept
    }
    return rule
  }

  /// What no single value shows.
  func checkAttributes(_ values: SectionValues) {
    if let place = values.place("forward_signals"), let bits = values.number("forward_signals") {
      let signals = Signals(bits: UInt64(bitPattern: bits))
      for number in 1...Signal.highest {
        let signal = Signal(number: number)
        guard signals.contains(signal) else { continue }
        if Signals.unforwardable.contains(signal) {
          faults.error(
            place,
            message(
              "cannot forward {}: it is for swinit alone, or a fault of its own", signal.name))
        } else if configuration.globals.stopOn.contains(signal), signal != .windowChange {
          faults.warn(
            place, message("{} begins the stop (stop_on): it is not forwarded", signal.name))
        }
      }
    }
    if let place = values.place("cap_drop"),
      let keep = values.text("cap_keep").flatMap({ parseCapabilities($0) }),
      let drop = values.text("cap_drop").flatMap({ parseCapabilities($0) }), drop != .max,
      keep & drop != 0
    {
      let number = UInt8((keep & drop).trailingZeroBitCount)
      faults.error(place, message("cannot both keep and drop {}", capabilityName(number)))
    }
  }
}

extension Signals {
  /// KILL and STOP are the kernel's, CHLD tells of children, and the others of a fault.
  static let unforwardable = Signals(
    .kill, .stop, .child, Signal(number: 4), Signal(number: 5), Signal(number: 6),
    Signal(number: 7), Signal(number: 8), Signal(number: 11), Signal(number: 31))
}
