import Basics

/// What only some programs ask for, beside what every program has: how else it is told to stop, and
/// what its process is given or loses before it becomes the program.
///
/// A class, so that a program without any of it costs one word, and all processes of a section share
/// one. Nothing changes it once the reader has returned it.
public final class Attributes: @unchecked Sendable, Equatable {
  /// `stopsignal=TSTP,5,TERM` as numbers: a signal, then by turns a pause in nanoseconds and the next
  /// signal. Empty: there is only one signal, or none of its own.
  public var stopSequence: [UInt64] = []
  /// The words of `stop_command`, each ended by a NUL; empty: there is none.
  public var stopCommand = ByteString()
  /// How long a oneshot or a scheduled run may take; zero: for ever.
  public var runTimeout = Nanoseconds.zero
  /// First and greatest pause after a failed start; nil: 1, 2, 3 … s.
  public var retryDelay: (first: Nanoseconds, greatest: Nanoseconds)?
  /// Signals for swinit that the program gets too.
  public var forwardSignals = Signals()
  /// A file of `NAME=VALUE` lines, read at each start.
  public var envFile: ByteString?
  /// Variables whose values are read from files at each start: `NAME:PATH`, each ended by a NUL.
  public var secrets = ByteString()
  /// false: the environment that swinit was started with is not passed on.
  public var inheritEnvironment = true
  /// HOME, USER, LOGNAME and SHELL are those of the user that the program runs as.
  public var userEnvironment = false
  /// Groups beside those of the user, by name or number, or `inherit`; separated by commas.
  public var groups = ByteString()
  /// -20 (first served) … 19; nil: as swinit.
  public var nice: Int32?
  /// -1000 (never chosen) … 1000; nil: as swinit.
  public var oomScoreAdjust: Int32?
  /// For each `rlimit_NAME` (`getrlimit(2)`) three numbers: the kernel's of the resource, the soft
  /// limit and the hard one.
  public var limits: [UInt64] = []
  public var noNewPrivileges = false
  public var capabilities = CapabilityRule()
  public var stdin = StandardInput.null

  /// All that was set, as it was written: two with the same are the same.
  package var written = ByteString()

  public init() {}

  /// RLIM_INFINITY.
  public static let unlimited = UInt64.max

  public static func == (left: Attributes, right: Attributes) -> Bool {
    left.written == right.written
  }

  /// What comes after the first signal and `done` more; nil: nothing.
  public func stopStep(_ done: UInt8) -> (pause: Nanoseconds, signal: Signal)? {
    let index = 2 * Int(done) + 1
    guard index + 1 < stopSequence.count else { return nil }
    let pause = Nanoseconds(Int64(clamping: stopSequence[index]))
    return (pause, Signal(number: Int32(clamping: stopSequence[index + 1])))
  }
}

/// What `cap_keep` and `cap_drop` leave of the capabilities (`capabilities(7)`); bit n for number n.
public struct CapabilityRule: Equatable, Sendable {
  /// The program has these, whoever it runs as.
  public var kept: UInt64 = 0
  /// In none of the program's sets.
  public var dropped: UInt64 = 0

  public init(kept: UInt64 = 0, dropped: UInt64 = 0) {
    self.kept = kept
    self.dropped = dropped
  }
}

public enum StandardInput: UInt8, Sendable {
  /// /dev/null.
  case null
  /// A pipe of its own; swinit holds the writing end as long as the program lives.
  case pipe
  /// The container's.
  case inherit
}

extension Program {
  /// How long it may take from being told to stop to SIGKILL: `stopwaitsecs` and the pauses of a
  /// sequence. A `stop_command` has its time from `stopwaitsecs`.
  public var longestStop: Nanoseconds {
    var end = Time(nanoseconds: 0) + stopwaitsecs
    var done: UInt8 = 0
    while let step = attributes?.stopStep(done) {
      end = end + step.pause
      done += 1
    }
    return end - Time(nanoseconds: 0)
  }
}

/// The name of a resource in capitals: `NOFILE`.
public func resourceName(_ number: UInt8) -> ByteString {
  ByteString(WordList.resources[Int64(number)]).uppercased
}

/// The name of a capability in capitals, without CAP_: `NET_BIND_SERVICE`.
public func capabilityName(_ number: UInt8) -> ByteString {
  ByteString(WordList.capabilities[Int64(number)]).uppercased
}

extension WordList {
  /// By the kernel's number, which is the same on x86_64 and aarch64.
  package static let resources = WordList(
    """
    cpu | fsize | data | stack | core | rss | nproc | nofile | memlock | as | locks | sigpending \
    | msgqueue | nice | rtprio | rttime
    """)
  /// By the kernel's number.
  package static let capabilities = WordList(
    """
    chown | dac_override | dac_read_search | fowner | fsetid | kill | setgid | setuid | setpcap \
    | linux_immutable | net_bind_service | net_broadcast | net_admin | net_raw | ipc_lock \
    | ipc_owner | sys_module | sys_rawio | sys_chroot | sys_ptrace | sys_pacct | sys_admin \
    | sys_boot | sys_nice | sys_resource | sys_time | sys_tty_config | mknod | lease \
    | audit_write | audit_control | setfcap | mac_override | mac_admin | syslog | wake_alarm \
    | block_suspend | audit_read | perfmon | bpf | checkpoint_restore
    """)
}

extension ByteString {
  /// Of a `NAME:PATH`.
  @inline(never)
  public var nameOfSecret: ByteString { slice(0, firstIndex(of: UInt8(ascii: ":")) ?? 0) }
  @inline(never)
  public var pathOfSecret: ByteString { dropping((firstIndex(of: UInt8(ascii: ":")) ?? 0) + 1) }
}
