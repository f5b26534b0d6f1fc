import CLinux

/// Whether a host can be connected to without asking anybody for its address: a numeric one,
/// localhost, a name in /etc/hosts.
public func hostIsKnown(_ host: [UInt8]) -> Bool {
  withCString(host) { cl_host_is_known($0) } != 0
}

/// Begins to connect to the host's address `number`, without waiting (`connect(2)`).
///
/// - Throws: ENOENT when it has no such address.
public func connect(
  to host: [UInt8], port: Int32, address number: Int32
) throws(Errno) -> FileDescriptor {
  let descriptor = withCString(host) { cl_connect_host($0, port, number) }
  guard descriptor >= 0 else { throw Errno.last }
  return FileDescriptor(number: descriptor)
}

/// Begins to connect to a unix socket.
public func connect(toPath path: [UInt8]) throws(Errno) -> FileDescriptor {
  let descriptor = withCString(path) { cl_connect_path($0) }
  guard descriptor >= 0 else { throw Errno.last }
  return FileDescriptor(number: descriptor)
}

/// How the connecting went, once the socket is writable; nil: well.
public func connectFailure(_ socket: FileDescriptor) -> Errno? {
  let failure = cl_connect_result(socket.number)
  return failure == 0 ? nil : Errno(code: failure)
}
