import Basics
import Configuration
import Linux
import Supervision

/// Programs that put themselves into the background, and pidproxies: keeps an eye on their pidfiles
/// and daemons, and tells their `Follower`s.
///
/// A pidfile is watched by inotify: the file itself while it is there, else the nearest folder above
/// it that is. Where inotify cannot be had a timer looks instead, and only while something is
/// awaited. A daemon is held by a pidfd, so that no signal ever goes to another process that got its
/// pid; where the kernel has none, its start time tells them apart.
struct Following {
  /// What the owner has to do.
  enum Order {
    /// Of a program: see `Follower.Move`.
    case detached(Slot)
    case became(Slot, ProcessID)
    case ended(Slot, WaitStatus)
    /// A line for the log.
    case say(Slot, LogLevel, ByteString)
  }

  /// Pauses between two looks at a file that cannot be watched; they double.
  private static let firstLook = Nanoseconds.milliseconds(100)
  private static let lastLook = Nanoseconds.seconds(1)

  final class Entry {
    let slot: Slot
    let name: ByteString
    var follower: Follower
    var file: Pidfile
    /// inotify's number; -1: none.
    var watch: Int32 = -1
    /// When to look at a file or a daemon that nothing tells about.
    var look: Time?
    var pause = Following.firstLook
    /// The last look at the file has failed.
    var isUnknown = false
    var handle: ProcessDescriptor?
    var daemonStart: UInt64 = 0
    var daemonName: [UInt8]?

    init(slot: Slot, name: ByteString, follower: Follower, file: Pidfile) {
      self.slot = slot
      self.name = name
      self.follower = follower
      self.file = file
    }
  }

  var entries: [Entry] = []
  private var watcher: FileWatcher?
  private var hasWatcher = true

  /// - Parameter names: what the log calls a program.
  init(_ configuration: Configuration, names: (Slot) -> ByteString) {
    for slot in configuration.programs.indices {
      guard let follow = configuration.programs[slot].follow else { continue }
      add(slot, follow, name: names(slot), directory: configuration.programs[slot].directory)
    }
  }

  init() {}

  mutating func add(_ slot: Slot, _ follow: Follow, name: ByteString, directory: ByteString?) {
    var path = follow.pidfile
    if !path.hasPrefix("/"), let directory { path = directory + "/" + path }
    entries.append(
      Entry(slot: slot, name: name, follower: Follower(follow.mode), file: Pidfile(path.bytes)))
  }

  var isEmpty: Bool { entries.isEmpty }

  func index(_ slot: Slot) -> Int? { entries.firstIndex { $0.slot == slot } }

  // What happens to the processes.

  /// Before the program is started.
  mutating func willStart(_ slot: Slot, _ world: inout FollowingWorld) -> [Order] {
    guard let index = index(slot) else { return [] }
    var orders: [Order] = []
    do throws(Errno) {
      try entries[index].file.removeStale(world.pidfileWorld(slot))
    } catch {
      let path = ByteString(entries[index].file.path)
      orders.append(
        .say(slot, .warn, message("cannot remove the old {}: {}, ignoring", path, error.text)))
    }
    entries[index].file.forget()
    return orders
  }

  mutating func started(
    _ slot: Slot, _ pid: ProcessID, user: UInt32, _ world: inout FollowingWorld
  ) -> [Order] {
    guard let index = index(slot) else { return [] }
    letGo(index, &world)
    entries[index].file.started(pid, user: user)
    return tell(index, .started(pid), &world)
  }

  /// A child of ours has ended: the answer when it was the command or the daemon of a followed
  /// program; nil: the owner's own rules count.
  mutating func ended(
    _ pid: ProcessID, _ status: WaitStatus, _ world: inout FollowingWorld
  ) -> [Order]? {
    for index in entries.indices {
      if entries[index].follower.command == pid {
        // What it wrote last is to count first.
        let before = look(index, &world)
        if status == .exited(0), entries[index].follower.isTold {
          lookForDaemon(index, world, commandEnded: true)
        }
        return before + tell(index, .commandEnded(status), &world)
      }
      if entries[index].follower.daemon == pid { return daemonEnded(index, status, &world) }
    }
    return nil
  }

  private mutating func daemonEnded(
    _ index: Int, _ status: WaitStatus?, _ world: inout FollowingWorld
  ) -> [Order] {
    drop(index, &world)
    // One that has started itself again may have written the file already.
    if case .process(let next) = named(index, world), next != entries[index].follower.daemon {
      return take(index, next, &world)
    }
    return tell(index, .daemonEnded(status), &world)
  }

  // What the descriptors tell.

  @inline(never)
  mutating func filesChanged(_ world: inout FollowingWorld) -> [Order] {
    guard let watcher else { return [] }
    var orders: [Order] = []
    let changed = watcher.changed()
    for index in entries.indices where entries[index].follower.wantsFile {
      guard changed.contains(-1) || changed.contains(entries[index].watch) else { continue }
      orders += look(index, &world)
    }
    return orders
  }

  /// A pidfd is readable: the daemon has ended. A child's status comes with its reaping.
  @inline(never)
  mutating func processEnded(_ slot: Slot, _ world: inout FollowingWorld) -> [Order] {
    // The event may be that of an earlier daemon, fetched before this one was taken on.
    guard let index = index(slot), let handle = entries[index].handle, handle.hasEnded else {
      return []
    }
    guard isChild(entries[index].follower.daemon) else { return daemonEnded(index, nil, &world) }
    world.epoll.remove(handle.descriptor)
    return []
  }

  /// When `timePassed` is to be called.
  var deadline: Time? {
    var earliest: Time?
    for entry in entries {
      for case .some(let time) in [entry.follower.deadline, entry.look] {
        earliest = min(earliest ?? time, time)
      }
    }
    return earliest
  }

  @inline(never)
  mutating func timePassed(_ world: inout FollowingWorld) -> [Order] {
    var orders: [Order] = []
    for index in entries.indices {
      if let time = entries[index].look, time <= world.now {
        entries[index].look = nil
        entries[index].pause = min(Nanoseconds(entries[index].pause.count * 2), Self.lastLook)
        orders += look(index, &world)
        orders += checkUnheld(index, &world)
      }
      if let time = entries[index].follower.deadline, time <= world.now {
        // As long as the file cannot be looked at, it may name one.
        let hasSuccessor =
          entries[index].isUnknown
          || entries[index].file.hasSuccessor(named: entries[index].daemonName)
        orders += tell(index, .timedOut(hasSuccessor: hasSuccessor), &world)
      }
    }
    return orders
  }

  /// A daemon that there is no pidfd for, and that is not our child, is looked at now and then.
  private mutating func checkUnheld(_ index: Int, _ world: inout FollowingWorld) -> [Order] {
    let pid = entries[index].follower.daemon
    guard pid != 0, entries[index].handle == nil, !isChild(pid) else { return [] }
    // A look that fails is no end.
    if let entry = processEntry(pid) {
      if isDaemon(entry, index) { return [] }
    } else if !processIsGone(pid) {
      return []
    }
    return daemonEnded(index, nil, &world)
  }

  /// Whether it is the daemon still. Where its start could not be read before, it is the one of now:
  /// without that the daemon would count as ended, and a second one be started beside it.
  func isDaemon(_ entry: ProcessEntry, _ index: Int) -> Bool {
    if entries[index].daemonStart == 0 { entries[index].daemonStart = entry.start }
    return entry.start == entries[index].daemonStart
  }

  // The file.

  /// Watches the file anew where that is needed, and reads it.
  @inline(never)
  private mutating func look(_ index: Int, _ world: inout FollowingWorld) -> [Order] {
    guard entries[index].follower.wantsFile else { return [] }
    watch(index, &world)
    let found = named(index, world)
    entries[index].isUnknown = false
    switch found {
    case .nobody: return []
    case .unknown:
      // Nothing tells when a look would succeed.
      entries[index].isUnknown = true
      lookAgain(index, world)
      return []
    case .process(let pid):
      return pid == entries[index].follower.daemon ? [] : take(index, pid, &world)
    }
  }

  private func named(_ index: Int, _ world: FollowingWorld) -> Pidfile.Found {
    entries[index].file.daemon(
      known: entries[index].follower.daemon, world.pidfileWorld(entries[index].slot))
  }

  /// Takes a daemon on, unless it is gone, or another one, by the time that it is held.
  @inline(never)
  private mutating func take(
    _ index: Int, _ pid: ProcessID, _ world: inout FollowingWorld
  ) -> [Order] {
    let handle = try? ProcessDescriptor(pid)
    guard case .process(pid) = named(index, world) else {
      handle?.descriptor.close()
      lookAgain(index, world)
      return []
    }
    drop(index, &world)
    let slot = entries[index].slot
    if let handle {
      if (try? world.epoll.addReader(handle.descriptor, token: world.token(slot))) == nil {
        handle.descriptor.close()
      } else {
        entries[index].handle = handle
      }
    }
    entries[index].daemonStart = processEntry(pid)?.start ?? 0
    entries[index].daemonName = processName(pid)
    return tell(index, .named(pid), &world)
  }

  @inline(never)
  private mutating func drop(_ index: Int, _ world: inout FollowingWorld) {
    guard let handle = entries[index].handle else { return }
    world.epoll.remove(handle.descriptor)
    handle.descriptor.close()
    entries[index].handle = nil
  }

  @inline(never)
  private mutating func letGo(_ index: Int, _ world: inout FollowingWorld) {
    drop(index, &world)
    unwatch(index)
    entries[index].look = nil
    entries[index].pause = Self.firstLook
  }

  @inline(never)
  private mutating func unwatch(_ index: Int) {
    let watch = entries[index].watch
    entries[index].watch = -1
    guard watch >= 0 else { return }
    for entry in entries where entry.watch == watch { return }
    watcher?.remove(watch)
  }

  @inline(never)
  private mutating func watch(_ index: Int, _ world: inout FollowingWorld) {
    if watcher == nil, hasWatcher {
      watcher = try? FileWatcher()
      if let watcher,
        (try? world.epoll.addReader(watcher.descriptor, token: world.filesToken))
          == nil
      {
        watcher.descriptor.close()
        self.watcher = nil
      }
      hasWatcher = watcher != nil
    }
    guard let watcher else { return lookLater(index, world) }
    let path = ByteString(entries[index].file.path)
    // What is made between two of these calls is seen by the next round.
    var last: Int32 = -1
    for _ in 0..<8 {
      let watch = watcher.watchNearest(path)
      if watch != entries[index].watch { unwatch(index) }
      entries[index].watch = watch
      if watch < 0 { return lookLater(index, world) }
      if watch == last { return }
      last = watch
    }
  }

  private mutating func lookLater(_ index: Int, _ world: FollowingWorld) {
    if entries[index].follower.awaitsFile { lookAgain(index, world) }
  }

  private func lookAgain(_ index: Int, _ world: FollowingWorld) {
    entries[index].look = world.now + entries[index].pause
  }

  // The core.

  mutating func tell(
    _ index: Int, _ event: Follower.Event, _ world: inout FollowingWorld
  ) -> [Order] {
    let slot = entries[index].slot
    let path = ByteString(entries[index].file.path)
    var orders: [Order] = []
    let moves = entries[index].follower.handle(event, at: world.now)
    for move in moves {
      switch move {
      case .follow(let pid):
        orders.append(.say(slot, .info, message("follows pid {} ({})", decimal(pid), path)))
      case .detach: orders.append(.detached(slot))
      case .become(let pid):
        orders.append(.say(slot, .info, message("follows pid {} ({})", decimal(pid), path)))
        orders.append(.became(slot, pid))
      case .nobodyNamed:
        orders.append(.say(slot, .warn, message("{} names no process of it", path)))
      case .endCommand(let signal):
        let command = entries[index].follower.command
        orders.append(
          .say(
            slot, .warn,
            message("its daemon has ended: {} to pid {}", signal.name, decimal(command))))
        if command > 1, (try? sendSignal(signal.number, to: -command)) == nil {
          try? sendSignal(signal.number, to: command)
        }
      case .end(let status):
        letGo(index, &world)
        orders.append(.ended(slot, status))
      }
    }
    if entries[index].follower.wantsFile, entries[index].watch < 0, entries[index].look == nil {
      orders += look(index, &world)
    }
    if entries[index].handle == nil, entries[index].follower.daemon != 0,
      entries[index].look == nil
    {
      entries[index].look = world.now + Self.lastLook
    }
    return orders
  }
}
