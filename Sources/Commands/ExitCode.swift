/// swinit's own exit codes, as `sysexits.h` has them; anything else comes from the programs.
enum ExitCode {
  static let fine: UInt8 = 0
  static let usage: UInt8 = 64
  /// A system call that there is no life without failed at the start.
  static let system: UInt8 = 71
  static let configuration: UInt8 = 78
}
