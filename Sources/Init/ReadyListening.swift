import Basics
import Configuration
import Linux
import Supervision

// A program says itself that it is ready: a message on the socket that NOTIFY_SOCKET names, or a
// newline in a pipe.
//
// Any process that shares our network can name the socket. So a message counts only when the kernel
// says that its sender has the user of the program, or root's, and when /proc shows the sender among
// the processes of the program. A sender that has ended by then counts by its user alone. What does not
// count is said once for each process of the program.
//
// What may never happen: a descriptor that somebody passes comes into PID 1, or is closed by it
// (`notify.c` says why). A child takes such a message; until it has ended the socket is left alone.
// A socket that is given up refuses messages from then on, and is closed when no message with a
// descriptor is left in it.

/// The end of a channel that is read here, and the process at its other end.
final class ReadyListener {
  enum Source {
    case socket(NotifySocket)
    case pipe(FileDescriptor)

    var file: FileDescriptor {
      switch self {
      case .socket(let socket): return socket.descriptor
      case .pipe(let file): return file
      }
    }
  }

  let source: Source
  let slot: Slot
  /// The process of the program, and its user; 0 until it was forked.
  var program: ProcessID = 0
  var user: UInt32 = 0
  var isWatched = false
  /// A message that does not count was spoken of.
  var isSaid = false
  /// The child that takes a message with descriptors, until it is reaped; else 0.
  var helper: ProcessID = 0
  /// When the next such child may be made. Somebody may send such messages without end.
  var nextHelper = Time(nanoseconds: 0)

  init(_ source: Source, _ slot: Slot) { (self.source, self.slot) = (source, slot) }
}

extension Probes {
  /// Messages taken in one turn.
  private static let messages = 16
  /// The least pause between two children for one socket, and the pause after a fork that failed.
  private static let helperPause = Nanoseconds.milliseconds(20)
  private static let forkPause = Nanoseconds.seconds(1)

  /// The process of the program was made, for this user.
  @inline(never)
  func started(_ slot: Slot, _ pid: ProcessID, user: UInt32) {
    guard let channel = entry(slot)?.channel else { return }
    (channel.program, channel.user) = (pid, user)
  }

  @inline(never)
  mutating func watchChannel(_ entry: Entry) {
    guard let channel = entry.channel, !channel.isWatched, channel.helper == 0 else { return }
    let token = Token.readyChannel(entry.slot).packed
    channel.isWatched = (try? epoll.addReader(channel.source.file, token: token)) != nil
    // What epoll cannot take is looked at again and again.
    if !channel.isWatched { look(again: Time(nanoseconds: monotonicNow()) + EventLoop.lookPause) }
  }

  private func unwatch(_ channel: ReadyListener) {
    if channel.isWatched { epoll.remove(channel.source.file) }
    channel.isWatched = false
  }

  @inline(never)
  mutating func closeChannel(_ entry: Entry) {
    guard let channel = entry.channel else { return }
    entry.channel = nil
    unwatch(channel)
    switch channel.source {
    case .pipe(let file): file.close()
    case .socket(let socket):
      socket.shut()
      if !close(channel, socket, at: Time(nanoseconds: monotonicNow())) { closing.append(channel) }
    }
  }

  /// Whether the socket could be closed. Else a message with descriptors is left in it.
  private mutating func close(
    _ channel: ReadyListener, _ socket: NotifySocket, at now: Time
  ) -> Bool {
    guard channel.helper == 0 else { return false }
    // Nothing comes any more, so this ends.
    while let message = socket.look() {
      if message.hasDescriptors {
        takeInChild(channel, socket, at: now)
        return false
      }
      socket.take()
    }
    socket.descriptor.close()
    return true
  }

  /// The socket is read as long as the program lives, or its later messages would be kept from it.
  mutating func channelIsReadable(_ slot: Slot, _ isProgram: (ProcessID) -> Bool) {
    guard let entry = entry(slot), let channel = entry.channel else { return }
    var isReady = false
    switch channel.source {
    case .socket(let socket): isReady = readMessages(channel, socket, isProgram)
    case .pipe(let file):
      guard let bytes = try? read(file, limit: 64) else { return }
      isReady = bytes.contains(UInt8(ascii: "\n"))
      // At the end without a newline nothing will come any more; ready_timeout has the last word.
      if isReady || bytes.isEmpty { closeChannel(entry) }
    }
    let isAwaited = entry.probe.map { $0.kind == .notify || $0.kind == .newline } ?? false
    if isReady, isAwaited { answer(entry, nil) }
  }

  /// Whether one of the messages says that the program is ready.
  private mutating func readMessages(
    _ channel: ReadyListener, _ socket: NotifySocket, _ isProgram: (ProcessID) -> Bool
  ) -> Bool {
    var isReady = false
    for _ in 0..<Self.messages where channel.helper == 0 {
      guard let message = socket.look() else { break }
      if message.isReady, !isReady { isReady = counts(message, for: channel, isProgram) }
      if message.hasDescriptors {
        unwatch(channel)
        takeInChild(channel, socket, at: Time(nanoseconds: monotonicNow()))
        break
      }
      socket.take()
    }
    return isReady
  }

  /// Of a process that has ended: whether it had said that it is ready, and that was not told yet.
  mutating func takeLastWord(_ slot: Slot, _ isProgram: (ProcessID) -> Bool) -> Bool {
    channelIsReadable(slot, isProgram)
    return takeReadiness(slot)
  }

  private mutating func takeInChild(
    _ channel: ReadyListener, _ socket: NotifySocket, at now: Time
  ) {
    if now < channel.nextHelper { return look(again: channel.nextHelper) }
    if let pid = try? socket.takeInChild() {
      channel.helper = pid
      channel.nextHelper = now + Self.helperPause
    } else {
      channel.nextHelper = now + Self.forkPause
      look(again: channel.nextHelper)
    }
  }

  private mutating func look(again time: Time) { deadline = min(deadline ?? time, time) }

  /// A child of ours has ended: whether it was one that took a message.
  mutating func channelHelperEnded(_ pid: ProcessID) -> Bool {
    for channel in channels where channel.helper == pid {
      channel.helper = 0
      goOn(channel, at: Time(nanoseconds: monotonicNow()))
      return true
    }
    return false
  }

  /// The socket can be read again, or closed.
  private mutating func goOn(_ channel: ReadyListener, at now: Time) {
    guard let entry = entry(channel.slot), entry.channel === channel else {
      guard case .socket(let socket) = channel.source, close(channel, socket, at: now) else {
        return
      }
      closing.removeAll { $0 === channel }
      return
    }
    // epoll tells of what is in it.
    watchChannel(entry)
  }

  @inline(never)
  mutating func timePassed(_ now: Time, _ isProgram: (ProcessID) -> Bool) {
    deadline = nil
    for channel in channels where channel.helper == 0 && !channel.isWatched {
      if channel.nextHelper > now {
        look(again: channel.nextHelper)
        continue
      }
      goOn(channel, at: now)
      if !channel.isWatched, entry(channel.slot)?.channel === channel {
        channelIsReadable(channel.slot, isProgram)
      }
    }
  }

  /// Whether the sender may speak for the program.
  private mutating func counts(
    _ notice: Notification, for channel: ReadyListener, _ isProgram: (ProcessID) -> Bool
  ) -> Bool {
    guard let objection = objection(to: notice, for: channel, isProgram) else { return true }
    if channel.isSaid { return false }
    channel.isSaid = true
    let text: ByteString = message(
      "READY=1 from pid {} (uid {}) does not count: {}", decimal(notice.pid), decimal(notice.uid),
      ByteString(objection))
    remarks.append((channel.slot, text))
    return false
  }

  /// nil: the sender may speak for the program.
  private func objection(
    to message: Notification, for channel: ReadyListener, _ isProgram: (ProcessID) -> Bool
  ) -> Literal? {
    guard message.pid > 0 else { return "it is in another PID namespace" }
    let isUser =
      message.uid == 0 || message.uid == channel.user
      // A program may become another user by itself (gosu, setpriv).
      || message.uid == processUser(channel.program)
    guard isUser else { return "it is of another user" }
    guard procIsOurs() else { return nil }
    // A process above it may end between two looks; then its children have another parent.
    for _ in 0..<3 {
      guard let answer = isProcess(message.pid, of: channel, isProgram) else { continue }
      return answer ? nil : "it is no process of the program"
    }
    return "it is no process of the program"
  }

  /// Whether the process belongs to the program, as far as /proc tells: it stands below the
  /// program's process or in its session. nil: the look came between two changes.
  private func isProcess(
    _ pid: ProcessID, of channel: ReadyListener, _ isProgram: (ProcessID) -> Bool
  ) -> Bool? {
    let own = processID()
    var current = pid
    // Deeper than any real tree; a loop cannot be, but the entries are read one after the other.
    for depth in 0..<1024 {
      if current == channel.program { return true }
      guard let entry = processEntry(current) else { return depth == 0 ? true : nil }
      // Nobody can enter a session that is there already.
      if entry.session == channel.program { return true }
      if entry.parent == own {
        if isProgram(entry.pid) { return false }
        return owns(channel, orphan: entry)
      }
      guard entry.parent > 0 else { return false }
      current = entry.parent
    }
    return false
  }

  /// Whether an orphan in another session than the program's is one of its processes: its mark says so.
  /// Where there are no marks every orphan of a program that puts itself into the background may be one.
  /// nil: its mark could not be read.
  private func owns(_ channel: ReadyListener, orphan: ProcessEntry) -> Bool? {
    guard let entry = entry(channel.slot) else { return false }
    do throws(Errno) {
      return try marks.bears(orphan.pid, channel.slot) ?? entry.hasDaemon
    } catch {
      return nil
    }
  }
}
