import Basics
import Configuration
import Linux
import Supervision

/// The stand-alone pidproxy: one command and the daemon of its pidfile, under somebody else's
/// supervision. Signals go to the daemon, else to the command; it ends when both have.
public final class PidProxyLoop {
  private var following = Following()
  private var epoll: Epoll
  private let signals: SignalDescriptor
  private var command: ProcessID = 0
  private var result: WaitStatus?
  private var pauses = Pauses()

  private static let signalsToken: UInt64 = 1
  private static let filesToken: UInt64 = 2
  private static let daemonToken: UInt64 = 3

  /// - Throws: what there is no pidproxy without: epoll.
  public init(pidfile: ByteString, signals: SignalDescriptor) throws(Errno) {
    epoll = try Epoll()
    self.signals = signals
    try epoll.addReader(signals.descriptor, token: Self.signalsToken)
    following.add(
      0, Follow(pidfile: pidfile, mode: .proxy), name: "pidproxy", directory: nil)
    follow { $0.willStart(0, &$1) }
  }

  /// Follows a command that was just started, to its end.
  public func run(_ pid: ProcessID) -> WaitStatus {
    command = pid
    follow { $0.started(0, pid, user: effectiveUserID(), &$1) }
    while true {
      reap()
      if let result { return result }
      let count = wait(timeout())
      for index in 0..<count {
        switch epoll.token(index) {
        case Self.signalsToken: readSignals()
        case Self.filesToken: follow { $0.filesChanged(&$1) }
        default: follow { $0.processEnded(0, &$1) }
        }
      }
      if let deadline = following.deadline, deadline <= now() {
        follow { $0.timePassed(&$1) }
      }
    }
  }

  private func now() -> Time { Time(nanoseconds: monotonicNow()) }

  private func timeout() -> Int32? {
    guard let deadline = following.deadline else { return nil }
    let now = now()
    if deadline <= now { return 0 }
    return Int32(min(Pauses.part(of: deadline - now).count / 1_000_000 + 1, 3_600_000))
  }

  /// As `EventLoop` waits.
  private func wait(_ milliseconds: Int32?) -> Int {
    let start = now()
    let count = epoll.wait(milliseconds: milliseconds)
    if let milliseconds, milliseconds > 0 {
      let planned = start + .milliseconds(Int64(milliseconds))
      forgetTime(pauses.length(from: start, until: planned, to: now()).count)
    }
    return count
  }

  private func readSignals() {
    while let received = signals.next() {
      let signal = Signal(number: received.number)
      if signal == .child { continue }
      let isStop = signal == .terminate || signal == .interrupt || signal == .quit
      var world = world()
      _ = try? following.send(signal, to: 0, group: false, isStop: isStop, &world)
    }
  }

  private func reap() {
    while result == nil {
      guard case .one(let ended) = reapOne() else { return }
      let status: WaitStatus =
        ended.signal == 0
        ? .exited(UInt8(truncatingIfNeeded: ended.code))
        : .signalled(Signal(number: ended.signal))
      follow { $0.ended(ended.pid, status, &$1) ?? [] }
    }
  }

  private func world() -> FollowingWorld {
    FollowingWorld(
      now: now(), epoll: epoll, filesToken: Self.filesToken,
      token: { _ in Self.daemonToken }, isProgram: { _ in false }, bears: { _, _ in nil })
  }

  private func follow(_ body: (inout Following, inout FollowingWorld) -> [Following.Order]) {
    var world = world()
    for order in body(&following, &world) {
      if case .ended(_, let status) = order { result = status }
    }
  }
}
