import CLinux

/// What a process runs as: resolved before the fork, so that the child only makes system calls.
public struct Credentials: Equatable, Sendable {
  public var uid: UInt32
  public var gid: UInt32
  /// As initgroups(3) sets them: `gid` first, then the groups that name the user.
  public var groups: [UInt32]

  public init(uid: UInt32, gid: UInt32, groups: [UInt32]) {
    (self.uid, self.gid, self.groups) = (uid, gid, groups)
  }
}

public enum UserFailure: Error {
  case noUser
  case noGroup
  case files(Errno)
}

/// More supplementary groups than any real user has; the kernel allows 65,536.
private let greatestGroupCount = 1024

/// Looks up `name`, `uid`, `name:group` or `uid:gid` in /etc/passwd and /etc/group. A number needs
/// no entry: its group is then its own number, and it has no other.
public func findCredentials(user: [UInt8], group: [UInt8]?) throws(UserFailure) -> Credentials {
  var name = [CChar](repeating: 0, count: 256)
  var uid: uid_t = 0
  var gid: gid_t = 0
  let number = decimal(user)
  var found: Int32 = 0
  if !user.isEmpty {
    found = withCString(user) { cl_find_user($0, &uid, &gid, &name, name.count) }
    if found < 0 { throw .files(Errno.last) }
  }
  if found == 0 {
    guard let number else { throw .noUser }
    uid = number
    gid = number
    found = cl_find_user(nil, &uid, &gid, &name, name.count)
    if found < 0 { throw .files(Errno.last) }
  }
  if let group {
    gid = try findGroup(group)
    // A group of one's own choice is the only one, as `docker run --user` has it.
    return Credentials(uid: uid, gid: gid, groups: [gid])
  }
  guard found == 1 else { return Credentials(uid: uid, gid: gid, groups: [gid]) }
  var groups = [gid_t](repeating: 0, count: greatestGroupCount)
  let count = cl_groups_of(name, gid, &groups, Int32(greatestGroupCount))
  guard count >= 0 else { throw .files(Errno.last) }
  return Credentials(uid: uid, gid: gid, groups: Array(groups[..<Int(count)]))
}

/// The supplementary groups of this process (`getgroups(2)`).
public func ownGroups() -> [UInt32] {
  var groups = [gid_t](repeating: 0, count: greatestGroupCount)
  let count = getgroups(Int32(greatestGroupCount), &groups)
  return count > 0 ? Array(groups[..<Int(count)]) : []
}

/// Whether this process may send signals to processes of other users (CAP_KILL). true where that
/// cannot be known.
public func mayKillOthers() -> Bool { cl_has_capability(5) != 0 }

/// What a login sets for a user: HOME, USER, LOGNAME and SHELL of his entry in /etc/passwd, each
/// `NAME=value` and a NUL.
/// - Parameter user: a name, or a number; nil: ours.
/// - Returns: nil when there is no such entry.
public func loginVariables(of user: [UInt8]?) throws(Errno) -> [UInt8]? {
  var text = [UInt8](repeating: 0, count: 4096)
  var length: Int32 = 0
  if let user { length = withCString(user) { loginVariables($0, 0, &text) } }
  let uid = user.map { decimal($0) } ?? geteuid()
  if length == 0, let uid { length = loginVariables(nil, uid, &text) }
  guard length >= 0 else { throw Errno.last }
  return length == 0 ? nil : Array(text[..<Int(length)])
}

private func loginVariables(
  _ name: UnsafePointer<CChar>?, _ uid: UInt32, _ text: inout [UInt8]
) -> Int32 {
  let capacity = text.count
  return text.withUnsafeMutableBytes { buffer in
    cl_login_variables(name, uid, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), capacity)
  }
}

/// A group by its name or number.
public func findGroup(_ group: [UInt8]) throws(UserFailure) -> UInt32 {
  var gid: gid_t = 0
  let found = withCString(group) { cl_find_group($0, &gid) }
  if found < 0 { throw .files(Errno.last) }
  if found == 1 { return gid }
  guard let number = decimal(group) else { throw .noGroup }
  return number
}

/// A user or group number; 2³²−1 is none (it means "unchanged" to the kernel).
private func decimal(_ text: [UInt8]) -> UInt32? {
  var value: UInt64 = 0
  guard !text.isEmpty, text.count <= 10 else { return nil }
  for byte in text {
    guard byte >= 0x30, byte <= 0x39 else { return nil }
    value = value * 10 + UInt64(byte - 0x30)
  }
  return value < UInt64(UInt32.max) ? UInt32(value) : nil
}

/// setgroups, setgid and setuid for this process itself, and the proof that root is gone.
/// Returns the step that failed.
public func become(_ credentials: Credentials) -> (step: SpawnStep, Errno)? {
  let step = cl_become_user(
    credentials.uid, credentials.gid, credentials.groups, Int32(credentials.groups.count))
  guard step != 0 else { return nil }
  return (SpawnStep(number: UInt8(truncatingIfNeeded: step)), Errno.last)
}
