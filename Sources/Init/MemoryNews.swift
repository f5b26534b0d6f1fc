import Basics
import Configuration
import Linux
import Logs
import Supervision

// The kernel's own news of memory: that the OOM killer kills, and that the limit was reached where it
// then kills the whole container.

/// What wakes the loop when the kernel has news: of version 2 `memory.events` itself, which epoll tells
/// of (inotify where the file is no cgroup's: gVisor, a mount of somebody's own), of version 1 an
/// eventfd that `cgroup.event_control` takes, if that may be written to.
///
/// A container that lives at its limit has news all the time: after each the loop is not woken for a
/// while. While there is no news nothing happens here.
struct MemoryNews {
  private enum Origin {
    case none
    case file(FileDescriptor)
    case watcher(FileWatcher)
    case event(OutOfMemoryEvent)
  }

  /// The pause after the first news; it doubles with each, up to the greatest, until there was none for
  /// ten times that long.
  private static let firstPause = Nanoseconds.milliseconds(20)
  private static let greatestPause = Nanoseconds.seconds(1)
  /// Until it is tried again to listen, where that has failed.
  private static let shortagePause = Nanoseconds.seconds(10)

  private var origin = Origin.none
  private var pause = MemoryNews.firstPause
  private var last: Time?
  /// When news wake the loop again; nil: they do.
  private(set) var deadline: Time?

  /// Begins to listen. Whether the file is the kernel's.
  mutating func begin(_ memory: OutOfMemory, _ epoll: Epoll) -> Bool {
    if memory.folder.isEmpty { return true }
    let token = Token.memory.packed
    guard let file = memory.newsFile else {
      guard let event = try? OutOfMemoryEvent(memory.folder.bytes) else { return true }
      origin = .event(event)
      listen(epoll, Time(nanoseconds: 0))
      return true
    }
    do throws(Errno) {
      try epoll.addNewsOf(file, token: token)
      origin = .file(file)
      return true
    } catch {
      guard error == .permission else {
        // The kernel is short of memory, or of what the user may watch.
        origin = .file(file)
        deadline = Time(nanoseconds: monotonicNow()) + Self.shortagePause
        return true
      }
      guard let watcher = try? FileWatcher() else { return true }
      let path = memory.folder + "/memory.events"
      guard (try? watcher.watchFile(path.bytes)) != nil else {
        watcher.descriptor.close()
        return true
      }
      origin = .watcher(watcher)
      listen(epoll, Time(nanoseconds: 0))
      return false
    }
  }

  /// Stops listening; what was opened for that alone is closed.
  mutating func giveUp(_ epoll: Epoll) {
    if let descriptor { epoll.remove(descriptor) }
    switch origin {
    case .none, .file: break
    case .watcher(let watcher): watcher.descriptor.close()
    case .event(let event): event.descriptor.close()
    }
    origin = .none
    deadline = nil
  }

  private var descriptor: FileDescriptor? {
    switch origin {
    case .none: return nil
    case .file(let file): return file
    case .watcher(let watcher): return watcher.descriptor
    case .event(let event): return event.descriptor
    }
  }

  private mutating func listen(_ epoll: Epoll, _ now: Time) {
    let token = Token.memory.packed
    deadline = nil
    do throws(Errno) {
      switch origin {
      case .none: return
      case .file(let file): try epoll.addNewsOf(file, token: token)
      case .watcher(let watcher): try epoll.addReader(watcher.descriptor, token: token)
      case .event(let event): try epoll.addReader(event.descriptor, token: token)
      }
    } catch {
      deadline = now + Self.shortagePause
    }
  }

  /// There is news, which is about to be read: what comes later is new.
  func acknowledge() {
    switch origin {
    case .none, .file: break
    case .watcher(let watcher): _ = watcher.changed()
    case .event(let event): event.acknowledge()
    }
  }

  /// News was read: no other one wakes the loop for a while.
  mutating func rest(_ epoll: Epoll, _ now: Time) {
    if deadline != nil { return }
    if let descriptor { epoll.remove(descriptor) }
    let isQuiet = last.map { now - $0 > Nanoseconds(Self.greatestPause.count * 10) } ?? true
    pause =
      isQuiet ? Self.firstPause : min(Nanoseconds(pause.count * 2), Self.greatestPause)
    last = now
    deadline = now + pause
  }

  mutating func timePassed(_ now: Time, _ epoll: Epoll) {
    if let deadline, deadline <= now { listen(epoll, now) }
  }
}

extension EventLoop {
  /// The kind of `Noise` that lines about killed workers are.
  private static let workerNoise = 900
  /// The time between two looks at who holds the memory is so many times what the last one took.
  private static let lookShare: Int64 = 4
  /// Programs that are named.
  private static let mostNamed = 10

  func listenToMemory() {
    outOfMemory.isPatient = !memoryNews.begin(outOfMemory, epoll)
    if outOfMemory.killsAll {
      terminationLog.prepare(
        message(
          "the memory limit of the container was reached{}{}", outOfMemory.limitWords,
          ByteString(Self.lastLine)))
    }
  }

  private static let lastLine: Literal =
    "; if this is the last line, the kernel has killed all of it (memory.oom.group)"

  var memoryDeadline: Time? {
    guard let look = outOfMemory.deadline else { return memoryNews.deadline }
    return min(look, memoryNews.deadline ?? look)
  }

  @inline(never)
  func hearOfMemory() {
    let now = now()
    memoryNews.acknowledge()
    let isReached = outOfMemory.hear(at: now) && !isSweeping && result == nil
    if isReached { terminationLog.noteAtOnce() }
    memoryNews.rest(epoll, now)
    if isReached { noteLimit(now) }
  }

  @inline(never)
  func memoryTimePassed(_ now: Time) {
    memoryNews.timePassed(now, epoll)
    let others = outOfMemory.timePassed(now)
    guard others > 0, !isSweeping, noise.isSaid(Self.workerNoise, "the OOM killer", at: now) else {
      return
    }
    let limit = outOfMemory.limitWords
    log.write(
      .warn,
      others == 1
        ? message(
          "a process of this container was killed by the OOM killer{}: no program's own, a worker",
          limit)
        : message(
          "{} processes of this container were killed by the OOM killer{}: no program's own, workers",
          decimal(others), limit))
  }

  /// The limit was reached. Where the kernel then kills the whole container (`memory.oom.group`) it
  /// may be the last that swinit does: who holds the memory is put down beforehand, for which every
  /// process is to be looked at.
  private func noteLimit(_ now: Time) {
    guard now >= nextNote, terminationLog.hasNote else { return }
    let clock = ClockText(nanoseconds: wallClockNow())
    let head = message(
      "at {} the memory limit of the container was reached{}", ByteString(clock.bytes),
      outOfMemory.limitWords)
    terminationLog.note(head + largestPrograms() + ByteString(Self.lastLine))
    nextNote = now + Nanoseconds((self.now() - now).count * Self.lookShare)
  }

  /// `: app 61 MiB, db 2 MiB`, by the memory that no file holds.
  private func largestPrograms() -> ByteString {
    let entries = allProcesses()
    var keys: [SortKey] = []
    for entry in entries { keys.append(SortKey(first: Int(entry.pid))) }
    let order = ascendingOrder(of: keys)
    var sizes = [Int64](repeating: 0, count: messages.configuration.programs.count)
    var others: Int64 = 0
    for entry in entries {
      let size = anonymousMemory(entry.pid)
      var (owner, next) = (supervisor.slot(of: entry.session), entry.pid)
      // Parents are read one after the other: there may be a loop.
      for _ in 0..<64 where owner == nil && next > 0 {
        owner = supervisor.slot(of: next)
        next = PidsLimit.parent(of: next, entries, order)
      }
      if let owner { sizes[owner] += size } else { others += size }
    }
    var text: ByteString = ""
    for _ in 0..<Self.mostNamed {
      guard var most = sizes.indices.first else { break }
      for slot in sizes.indices where sizes[slot] > sizes[most] { most = slot }
      if sizes[most] < 1 << 20 { break }
      text += text.isEmpty ? ": " : ", "
      text += message("{} {} MiB", messages.name(most), decimal(sizes[most] >> 20))
      sizes[most] = 0
    }
    if others >= 1 << 20 {
      text += text.isEmpty ? ": " : ", "
      text += message("processes of no program {} MiB", decimal(others >> 20))
    }
    return text
  }
}

extension OutOfMemory {
  /// The OOM killer, when it begins, kills all processes of our cgroup, swinit too. As it is at the
  /// start.
  fileprivate var killsAll: Bool {
    guard let text = try? readFile((folder + "/memory.oom.group").bytes, limit: 64) else {
      return false
    }
    return text.first == UInt8(ascii: "1")
  }
}
