/// swinit's own exit codes, as `sysexits.h` has them; every other one comes from the programs.
enum ExitCode: UInt8, CaseIterable {
  case fine = 0
  case usage = 64
  case system = 71
  case configuration = 78

  var meaning: StaticString {
    switch self {
    case .fine: return "an orderly stop, or nothing was left to do and nothing had failed"
    case .usage: return "the command line cannot be understood"
    case .system: return "a system call that there is no life without failed at the start"
    case .configuration: return "the configuration has errors; nothing was started"
    }
  }
}
