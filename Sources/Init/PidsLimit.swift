import Basics
import Configuration
import Linux
import Supervision

/// The limit of processes of our cgroup (`pids.max`): a container that reaches it cannot fork any
/// more, and nothing but a number in /sys tells why.
///
/// Two things are told. That nine tenths are used, when a process of ours has been started. And that the
/// limit was reached, whoever wanted to fork: the kernel counts that in `pids.events`, and wakes who waits
/// for the file. A program that goes on trying would wake us each time, so after a word we listen again
/// only when something happens anyway, and not within `quiet`.
struct PidsLimit {
  private static let quiet = Nanoseconds.seconds(60)

  private var current: FileDescriptor?
  private var events: FileDescriptor?
  private var limit: Int64 = 0
  private var wasWarned = false
  /// How often the limit was reached, as far as that is known.
  private var reached: Int64 = 0
  /// When the kernel's news may be listened to again; nil: they are listened to, or there are none.
  private var deafUntil: Time?
  private var nextLook = Time(nanoseconds: 0)
  /// What was said last of a fork that failed, and how long it may be said of others: to look at
  /// every process of the container takes its time.
  private var known: (words: ByteString, until: Time) = ("", Time(nanoseconds: 0))

  init() {
    for directory in cgroupFolders("pids") {
      let path = directory + "/pids.max"
      guard let text = try? readFile(path.bytes, limit: 64),
        let limit = leadingNumber(ByteString(text))
      else { continue }
      guard
        let file = try? FileDescriptor.openForReading((directory + "/pids.current").bytes)
      else { continue }
      self.limit = limit
      current = file
      events = try? FileDescriptor.openForReading((directory + "/pids.events").bytes)
      return
    }
  }

  /// Closes both files.
  mutating func giveUp(_ epoll: Epoll) {
    if let events { epoll.remove(events) }
    events?.close()
    current?.close()
    (events, current, deafUntil) = (nil, nil, nil)
  }

  /// Opens them again.
  mutating func takeBack(_ epoll: Epoll) {
    var new = PidsLimit()
    new.wasWarned = wasWarned
    new.watch(epoll)
    self = new
  }

  /// Listens to the kernel. Kernels before 4.8 count nothing.
  mutating func watch(_ epoll: Epoll) {
    guard let events, let count = count() else { return }
    reached = count
    try? epoll.addNewsOf(events, token: Token.pidsLimit.packed)
  }

  /// The file is worth a look without news: version 1 of some kernels (6.18) counts, but wakes nobody.
  mutating func isDue(at now: Time, _ epoll: Epoll) -> Bool {
    if events == nil || now < nextLook { return false }
    nextLook = now + .seconds(1)
    if deafUntil != nil { listenAgain(at: now, epoll) }
    return deafUntil == nil
  }

  @inline(never)
  private mutating func listenAgain(at now: Time, _ epoll: Epoll) {
    guard let deafUntil, deafUntil <= now else { return }
    self.deafUntil = nil
    watch(epoll)
  }

  private func count() -> Int64? {
    guard let events, let text = try? events.readAgain(limit: 64) else { return nil }
    for line in ByteString(text).split(at: UInt8(ascii: "\n")) where line.hasPrefix("max ") {
      return leadingNumber(line.dropping(4))
    }
    return nil
  }

  private func use() -> Int64? {
    guard let current, let text = try? current.readAgain(limit: 32) else { return nil }
    return leadingNumber(ByteString(text))
  }

  /// Once, when nine tenths are used; of fewer than ten, all but one.
  mutating func warning(
    at now: Time, _ program: (Int32) -> Slot?, _ name: (Slot) -> ByteString
  ) -> ByteString? {
    guard !wasWarned, let use = use(), use > 1, use >= limit - max(1, limit / 10) else {
      return nil
    }
    wasWarned = true
    return message(
      "{} of {} processes are used (pids limit of the container){}", decimal(use), decimal(limit),
      blame(program, name))
  }

  /// The kernel has news; what is to be said, if the limit was reached.
  @inline(never)
  mutating func wasReached(
    at now: Time, _ epoll: Epoll, _ program: (Int32) -> Slot?, _ name: (Slot) -> ByteString
  ) -> ByteString? {
    guard let events, let count = count(), count > reached else { return nil }
    reached = count
    epoll.remove(events)
    deafUntil = now + Self.quiet
    // A fork of ours says it itself.
    if now < known.until { return nil }
    wasWarned = true
    return message(
      "the pids limit of the container, {}, is reached: a fork of a program has failed{}",
      decimal(limit), blame(program, name))
  }

  /// Why a fork failed, if it was for the limit: how many there are, and whose; else nothing.
  ///
  /// - Parameters:
  ///   - program: the program whose process a pid is.
  ///   - name: its name.
  mutating func explain(
    at now: Time, _ program: (Int32) -> Slot?, _ name: (Slot) -> ByteString
  ) -> ByteString {
    guard let use = use(), use >= limit - 1 else { return "" }
    if now >= known.until {
      known.words = message(" (pids limit {} reached, {} used", decimal(limit), decimal(use))
      known.words += blame(program, name) + ")"
      known.until = now + .seconds(1)
    }
    return known.words
  }

  /// The program that most processes belong to: by their session, else by what stands above them.
  private func blame(_ program: (Int32) -> Slot?, _ name: (Slot) -> ByteString) -> ByteString {
    let entries = allProcesses()
    var keys: [SortKey] = []
    for entry in entries { keys.append(SortKey(first: Int(entry.pid))) }
    let order = ascendingOrder(of: keys)
    var (all, zombies): ([Int], [Int]) = ([], [])
    let own = processID()
    for entry in entries where entry.pid != own {
      var (owner, next) = (program(entry.session) ?? program(entry.pid), entry.parent)
      // Parents are read one after the other: there may be a loop.
      for _ in 0..<64 where owner == nil && next > 0 {
        owner = program(next)
        next = Self.parent(of: next, entries, order)
      }
      let place = owner.map { $0 + 1 } ?? 0
      while all.count <= place {
        all.append(0)
        zombies.append(0)
      }
      all[place] += 1
      if entry.isZombie { zombies[place] += 1 }
    }
    guard var most = all.indices.first else { return "" }
    for place in all.indices where all[place] > all[most] { most = place }
    return message(
      ": {} by {}, {} of them zombies, and swinit itself", decimal(all[most]),
      most == 0 ? "processes of no program" : name(most - 1), decimal(zombies[most]))
  }

  /// - Parameter order: the entries by their pid.
  static func parent(of pid: Int32, _ entries: [ProcessEntry], _ order: [Int]) -> Int32 {
    var (low, high) = (0, order.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[order[middle]].pid < pid { low = middle + 1 } else { high = middle }
    }
    guard low < order.count, entries[order[low]].pid == pid else { return 0 }
    return entries[order[low]].parent
  }
}
