// The `LifePolicy` and the `LaunchOptions` of a section.

import Basics
import Configuration

extension Reader {
  func life(_ values: SectionValues, _ sequence: [UInt64]) -> LifePolicy {
    var result = LifePolicy()
    if sequence.count > 1 { result.stopSequence = sequence }
    result.stopCommand = values.text("stop_command") ?? ByteString()
    result.runTimeout = values.duration("run_timeout")
    result.retryDelay = values.text("retry_delay").flatMap { parsePauses($0) }
    result.forwardSignals.bits = UInt64(bitPattern: values.number("forward_signals") ?? 0)
    return result
  }

  func launchOptions(_ values: SectionValues) -> LaunchOptions {
    var result = LaunchOptions()
    result.envFile = values.text("env_file")
    if let text = values.text("secrets") { result.secrets = parseSecrets(text) ?? text }
    result.inheritEnvironment = values.flag("inherit_env")
    result.userEnvironment = values.flag("user_environment")
    result.groups = values.text("groups") ?? ByteString()
    result.nice = values.number("nice").map { Int32(clamping: $0) }
    result.oomScoreAdjust = values.number("oom_score_adj").map { Int32(clamping: $0) }
    result.noNewPrivileges = values.flag("no_new_privs")
    result.capabilities = capabilities(values)
    result.stdin = StandardInput(rawValue: values.word("stdin") ?? 0) ?? .null
    addLimits(values, &result.limits)
    return result
  }

  /// The numbers of `stopsignal`; none: it is unset.
  func stopSequence(_ values: SectionValues) -> [UInt64] {
    values.text("stopsignal").flatMap { parseStopSignals($0) } ?? []
  }

  /// They stand in the table in the order of the kernel's numbers.
  private func addLimits(_ values: SectionValues, _ limits: inout [UInt64]) {
    guard let first = values.index("rlimit_cpu") else { return }
    for index in values.options.indices where values.options[index].kind == .limit {
      guard let found = values.values[index].text.flatMap({ parseLimit($0) }) else { continue }
      limits.add(UInt64(index - first))
      limits.add(found.soft)
      limits.add(found.hard)
    }
  }

  /// What is kept is all that is left.
  private func capabilities(_ values: SectionValues) -> CapabilityRule {
    if let kept = values.number("cap_keep") {
      return CapabilityRule(kept: UInt64(bitPattern: kept), dropped: UInt64(bitPattern: ~kept))
    }
    return CapabilityRule(dropped: UInt64(bitPattern: values.number("cap_drop") ?? 0))
  }

  /// What no single value shows.
  func checkAttributes(_ values: SectionValues) {
    guard let place = values.place("forward_signals"),
      let bits = values.number("forward_signals")
    else { return }
    for number in 1...Signal.highest where bits >> Int64(number - 1) & 1 == 1 {
      checkForwarding(Signal(number: number), place)
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
