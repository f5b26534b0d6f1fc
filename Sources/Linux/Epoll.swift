import CLinux

/// `epoll(7)`, level-triggered: which of many descriptors can be read or written.
///
/// Each descriptor carries a token of the owner's. A descriptor that was removed may still have an
/// event in the batch that was fetched before: the token must tell that it is stale.
public struct Epoll {
  private let descriptor: Int32
  private var ready = [cl_event](repeating: cl_event(), count: Epoll.batch)

  /// Events fetched at once.
  private static let batch = 64

  public init() throws(Errno) {
    descriptor = cl_epoll_create()
    guard descriptor >= 0 else { throw Errno.last }
  }

  public func addReader(_ file: FileDescriptor, token: UInt64) throws(Errno) {
    let interest = Int32(CL_READABLE)
    guard cl_epoll_add(descriptor, file.number, interest, token) == 0 else { throw Errno.last }
  }

  public func addWriter(_ file: FileDescriptor, token: UInt64) throws(Errno) {
    let interest = Int32(CL_WRITABLE)
    guard cl_epoll_add(descriptor, file.number, interest, token) == 0 else { throw Errno.last }
  }

  /// Of a file of the kernel that says by EPOLLPRI that it has changed, until it is read (cgroups(7)).
  public func addNews(_ file: FileDescriptor, token: UInt64) throws(Errno) {
    let interest = Int32(CL_URGENT)
    guard cl_epoll_add(descriptor, file.number, interest, token) == 0 else { throw Errno.last }
  }

  public func remove(_ file: FileDescriptor) { _ = cl_epoll_remove(descriptor, file.number) }

  /// Waits until something is ready, `milliseconds` are over (nil: no limit), or a bounded batch
  /// is full. An interrupted wait is an empty one.
  public mutating func wait(milliseconds: Int32?) -> Int {
    let count = cl_epoll_wait(descriptor, &ready, Int32(Self.batch), milliseconds ?? -1)
    return max(0, Int(count))
  }

  /// The token of the i-th ready descriptor of the last `wait`.
  public func token(_ index: Int) -> UInt64 { ready[index].token }
}
