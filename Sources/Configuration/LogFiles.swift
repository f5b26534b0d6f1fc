/// What the text of a `…logfile` option means. swinit's own descriptors are recognised by name, so
/// that they work where /dev/stdout cannot be opened, and are swinit's even when it is not PID 1.
enum LogFileText {
  case automatic, syslog
  case target(LogTarget)

  @inline(never)
  init(_ text: ByteString) {
    let lower = text.lowercased
    if lower.equals("auto") {
      self = .automatic
    } else if lower.equals("syslog") {
      self = .syslog
    } else if lower.equals("none") || lower.equals("off")
      || text.equals("/dev/null")
    {
      self = .target(.null)
    } else if text.equals("/dev/stdout") || Self.isDescriptor(text, "1") {
      self = .target(.containerStdout)
    } else if text.equals("/dev/stderr") || Self.isDescriptor(text, "2") {
      self = .target(.containerStderr)
    } else {
      self = .target(.file(text))
    }
  }

  private static func isDescriptor(_ text: ByteString, _ number: StaticString) -> Bool {
    for prefix: StaticString in ["/dev/fd/", "/proc/1/fd/", "/proc/self/fd/"]
    where text.hasPrefix(prefix) {
      return text.dropping(prefix.utf8CodeUnitCount).equals(number)
    }
    return false
  }
}
