import Basics

/// How a program is told to stop and how long it may run, as far as a single signal and the usual
/// pauses do not say it.
public struct LifePolicy: Equatable, Sendable {
  /// `stopsignal=TSTP,5,TERM` as numbers: a signal, then by turns a pause in nanoseconds and the next
  /// signal. Empty: there is only one signal, or none of its own.
  public var stopSequence: [UInt64] = []
  /// The words of `stop_command`, each ended by a NUL; empty: there is none.
  public var stopCommand = ByteString()
  /// The longest time of a oneshot or a scheduled run; zero: no bound.
  public var runTimeout = Nanoseconds.zero
  /// The pauses after failed starts; nil: 1, 2, 3 … s.
  public var retryDelay: PauseRange?
  /// Signals for swinit that the program gets too.
  public var forwardSignals = Signals()

  public init() {}

  /// The pause and the signal after the first signal and `done` more; nil: the sequence is over.
  public func stopStep(_ done: UInt8) -> (pause: Nanoseconds, signal: Signal)? {
    let index = 2 * Int(done) + 1
    guard index + 1 < stopSequence.count else { return nil }
    let pause = Nanoseconds(Int64(clamping: stopSequence[index]))
    return (pause, Signal(number: Int32(clamping: stopSequence[index + 1])))
  }
}

/// Pauses that double from the first to the greatest.
public struct PauseRange: Equatable, Sendable {
  public var first: Nanoseconds
  public var greatest: Nanoseconds

  public init(_ first: Nanoseconds, _ greatest: Nanoseconds) {
    self.first = first
    self.greatest = greatest
  }
}

extension Program {
  /// How long it may take from being told to stop to SIGKILL: `stopwaitsecs` and the pauses of a
  /// sequence. A `stop_command` has its time from `stopwaitsecs`.
  public var longestStop: Nanoseconds {
    var end = Time(nanoseconds: 0) + stopwaitsecs
    var done: UInt8 = 0
    while let step = life.stopStep(done) {
      end = end + step.pause
      done += 1
    }
    return end - Time(nanoseconds: 0)
  }
}
