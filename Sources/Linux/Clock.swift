import CLinux

/// CLOCK_REALTIME, in seconds since 1970.
public func wallNow() -> Int64 { wallClockNow() / 1_000_000_000 }

/// How far local time is ahead of UTC at a moment of the wall clock, in seconds; of the zone that TZ
/// names, else of /etc/localtime, else UTC (`localtime(3)`).
public func localOffset(at seconds: Int64) -> Int32 { cl_zone_offset(seconds) }

/// TZ, where it names a zone that has no file here.
public func missingZone() -> [UInt8]? { cl_zone_missing().map { bytes(of: $0) } }

/// Tells through epoll when a moment of the wall clock has come, and when the clock was set
/// (`timerfd_create(2)` with TFD_TIMER_CANCEL_ON_SET).
public struct WallTimer {
  public let descriptor: FileDescriptor

  public init() throws(Errno) {
    let number = cl_wall_timer_create()
    guard number >= 0 else { throw Errno.last }
    descriptor = FileDescriptor(number: number)
  }

  /// False: the clock was set since `acknowledge`. It is to be read, and the timer set, again.
  public func set(to seconds: Int64) -> Bool {
    cl_wall_timer_set(descriptor.number, seconds) == 0 || Errno.last != .canceled
  }

  public func acknowledge() { cl_wall_timer_acknowledge(descriptor.number) }
}
