import Basics

/// What a program's process is given or loses before it becomes the program, beside what every
/// program has.
public struct LaunchOptions: Equatable, Sendable {
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
  /// -20 (served first) to 19; nil: as swinit.
  public var nice: Int32?
  /// -1000 (never chosen) to 1000; nil: as swinit.
  public var oomScoreAdjust: Int32?
  /// For each `rlimit_NAME` (`getrlimit(2)`) three numbers: the kernel's of the resource, the soft
  /// limit and the hard one.
  public var limits: [UInt64] = []
  public var noNewPrivileges = false
  public var capabilities = CapabilityRule()
  public var stdin = StandardInput.null

  public init() {}

  /// RLIM_INFINITY.
  public static let unlimited = UInt64.max
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
