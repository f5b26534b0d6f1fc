import Basics
import Configuration
import Linux
import Supervision

/// Carries out the tests of programs: paths, connections, commands. What a program says of itself is
/// in `ReadyListening.swift`.
///
/// Each is an event of a descriptor, so that nothing here ever waits. What a test has found is kept
/// in `answers` until the loop takes it: the core asks for tests while it is being told something.
///
/// What may never happen: two tests of one program at once (a command that was killed counts until
/// it is reaped), and a descriptor that is left over when a test ends.
struct Probes {
  final class Entry {
    let slot: Slot
    /// Which test it is: an event of an earlier one is dropped.
    var generation: UInt32 = 0
    /// What is tested now.
    var probe: Probe?
    var socket: FileDescriptor?
    var isConnected = false
    /// Which of the host's addresses is tried.
    var address: Int32 = 0
    /// What a web server has answered so far.
    var answer: [UInt8] = []
    /// The command until it is reaped, else 0.
    var command: ProcessID = 0
    /// inotify's number; -1: none.
    var watch: Int32 = -1
    /// The end on which the present process of the program says that it is ready.
    var channel: ReadyListener?
    /// It puts itself into the background: orphans of any session may be its.
    let hasDaemon: Bool

    init(_ slot: Slot, _ program: Program) {
      self.slot = slot
      hasDaemon = program.follow != nil
    }
  }

  private var entries: [Entry] = []
  /// The entry of each slot; empty when no program is ever tested.
  private var bySlot: [Entry?] = []
  let epoll: Epoll
  let marks: Marks
  /// Channels that are to be closed, as soon as no descriptor is queued in them.
  var closing: [ReadyListener] = []
  /// When a channel is to be looked at again that nothing tells about.
  var deadline: Time?
  private var watcher: FileWatcher?
  /// Commands that were not reaped yet.
  private var commands = 0
  /// What was found, and is to be told; a failure of nil: the test succeeded.
  private var answers: [Answer] = []
  /// What is to be said of programs.
  var remarks: [(slot: Slot, text: ByteString)] = []

  final class Answer {
    let slot: Slot
    let failure: ProbeFailure?

    init(_ slot: Slot, _ failure: ProbeFailure?) {
      self.slot = slot
      self.failure = failure
    }
  }

  init(_ configuration: Configuration, _ epoll: Epoll, _ marks: Marks) {
    self.epoll = epoll
    self.marks = marks
    for slot in configuration.programs.indices {
      let program = configuration.programs[slot]
      guard program.ready != nil || program.health != nil else { continue }
      let entry = Entry(slot, program)
      while bySlot.count < slot { bySlot.append(nil) }
      bySlot.append(entry)
      entries.append(entry)
    }
  }

  /// No program is ever tested. Asked before every call, so that the code of this file need not be in
  /// memory then.
  @inline(__always)
  var isEmpty: Bool { entries.isEmpty }

  func entry(_ slot: Slot) -> Entry? { slot < bySlot.count ? bySlot[slot] : nil }

  mutating func takeAnswer() -> Answer? { answers.isEmpty ? nil : answers.removeFirst() }
  mutating func takeRemark() -> (slot: Slot, text: ByteString)? { remarks.popLast() }

  /// Whether the program was found to be ready and that was not told yet; it is forgotten here.
  mutating func takeReadiness(_ slot: Slot) -> Bool {
    let isReady = answers.contains { $0.slot == slot && $0.failure == nil }
    answers.removeAll { $0.slot == slot }
    return isReady
  }

  /// The open channels, those that are being closed among them.
  var channels: [ReadyListener] { entries.compactMap { $0.channel } + closing }

  @inline(never)
  mutating func answer(_ entry: Entry, _ failure: ProbeFailure?) {
    entry.probe = nil
    release(entry)
    answers.append(Answer(entry.slot, failure))
  }

  /// Gives back what the test had, but for a command that was not reaped yet.
  @inline(never)
  private mutating func release(_ entry: Entry) {
    closeSocket(entry)
    if entry.watch >= 0 {
      let watch = entry.watch
      entry.watch = -1
      let isShared = entries.contains { $0.watch == watch }
      if !isShared { watcher?.remove(watch) }
    }
  }

  // The owner's calls.

  /// A new process of the program is about to be made; the channel of the last one is closed.
  @inline(never)
  mutating func willStart(_ slot: Slot, _ probe: Probe?) throws(Errno) -> ReadyChannel? {
    guard let entry = entry(slot) else { return nil }
    closeChannel(entry)
    let channel = try ReadyChannel(probe)
    entry.channel = (channel?.ours).map { ReadyListener($0, slot) }
    return channel
  }

  /// - Parameter isHealth: the program is RUNNING: what is not there now will not be waited for.
  @inline(never)
  mutating func start(
    _ slot: Slot, _ configuration: Configuration, isHealth: Bool, _ launcher: Launcher
  ) {
    let wanted =
      isHealth ? configuration.programs[slot].health : configuration.programs[slot].ready
    guard let entry = entry(slot), let probe = wanted else { return }
    entry.generation &+= 1
    entry.probe = probe
    entry.address = 0
    switch probe.kind {
    case .running: answer(entry, nil)
    case .notify, .newline: watchChannel(entry)
    case .path: look(entry, waits: !isHealth)
    case .tcp, .http, .unix: connect(entry, probe, after: nil)
    case .command: launch(entry, probe, launcher)
    }
  }

  @inline(never)
  mutating func stop(_ slot: Slot) {
    // It may have been found, and not told yet.
    answers.removeAll { $0.slot == slot }
    guard let entry = entry(slot), entry.probe != nil else { return }
    entry.probe = nil
    release(entry)
    let command = entry.command
    // It leads a group; a moment after the fork not yet.
    if command > 1, (try? sendSignal(Signal.kill.number, to: -command)) == nil {
      try? sendSignal(Signal.kill.number, to: command)
    }
  }

  func read(_ file: FileDescriptor, limit: Int) throws(Errno) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: limit)
    var failure: Errno?
    let count = buffer.withUnsafeMutableBytes { bytes -> Int in
      do throws(Errno) {
        return try file.read(into: bytes)
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    buffer.removeLast(limit - count)
    return buffer
  }

  // Paths.

  private func isThere(_ path: ByteString) -> Bool { (try? isDirectory(path.bytes)) != nil }

  @inline(never)
  private mutating func look(_ entry: Entry, waits: Bool) {
    guard let path = entry.probe?.text else { return }
    if isThere(path) { return answer(entry, nil) }
    guard waits, watch() else { return answer(entry, .errno(Errno.noEntry.code)) }
    // What is made between two of these calls is seen by the next round.
    var last: Int32 = -1
    while let watch = watcher?.watchNearest(path), watch >= 0 {
      if isThere(path) {
        entry.watch = watch
        return answer(entry, nil)
      }
      if watch == last {
        let old = entry.watch
        entry.watch = watch
        let isLeft = old >= 0 && !entries.contains { $0.watch == old }
        if isLeft { watcher?.remove(old) }
        return
      }
      last = watch
    }
    answer(entry, .errno(Errno.noEntry.code))
  }

  /// Whether there is an inotify; without one the core asks again and again.
  private mutating func watch() -> Bool {
    if watcher != nil { return true }
    guard let new = try? FileWatcher() else { return false }
    guard (try? epoll.addReader(new.descriptor, token: Token.probePaths.packed)) != nil else {
      new.descriptor.close()
      return false
    }
    watcher = new
    return true
  }

  mutating func pathsChanged() {
    guard let changed = watcher?.changed() else { return }
    for entry in entries where entry.probe?.kind == .path && entry.watch >= 0 {
      if changed.contains(-1) || changed.contains(entry.watch) { look(entry, waits: true) }
    }
  }

  // Connections.

  /// - Parameter failure: how the address before this one failed.
  @inline(never)
  private mutating func connect(_ entry: Entry, _ probe: Probe, after failure: ProbeFailure?) {
    do throws(Errno) {
      let socket: FileDescriptor
      if probe.kind == .unix {
        socket = try Linux.connect(toPath: probe.text.bytes)
      } else {
        socket = try Linux.connect(
          to: probe.host.bytes, port: probe.number, address: entry.address)
      }
      entry.socket = socket
      entry.isConnected = false
      entry.answer = []
      try epoll.addWriter(socket, token: token(entry))
    } catch {
      closeSocket(entry)
      let why: ProbeFailure = error.isShortage ? .notMade(error.code) : .errno(error.code)
      nextAddress(entry, probe, failure ?? why, isLast: error == .noEntry)
    }
  }

  private mutating func nextAddress(
    _ entry: Entry, _ probe: Probe, _ failure: ProbeFailure, isLast: Bool
  ) {
    if isLast || probe.kind == .unix { return answer(entry, failure) }
    entry.address += 1
    connect(entry, probe, after: failure)
  }

  private func token(_ entry: Entry) -> UInt64 {
    Token.probe(slot: entry.slot, generation: entry.generation).packed
  }

  @inline(never)
  private mutating func closeSocket(_ entry: Entry) {
    guard let socket = entry.socket else { return }
    epoll.remove(socket)
    socket.close()
    entry.socket = nil
  }

  mutating func socketIsReady(_ slot: Slot, _ generation: UInt32) {
    guard let entry = entry(slot), entry.generation == generation,
      let socket = entry.socket, let probe = entry.probe
    else { return }
    if entry.isConnected { return readAnswer(entry, socket) }
    if let failure = connectFailure(socket) {
      closeSocket(entry)
      return nextAddress(entry, probe, .errno(failure.code), isLast: false)
    }
    guard probe.kind == .http else { return answer(entry, nil) }
    do throws(Errno) {
      try ask(socket, probe)
      entry.isConnected = true
      try epoll.changeToReader(socket, token: token(entry))
    } catch {
      answer(entry, error.isShortage ? .notMade(error.code) : .errno(error.code))
    }
  }

  private func ask(_ socket: FileDescriptor, _ probe: Probe) throws(Errno) {
    let isLong = probe.host.contains(byte: UInt8(ascii: ":"))
    let host: ByteString = isLong ? message("[{}]", probe.host) : probe.host
    let request = message(
      """
      GET {} HTTP/1.1\r\nHost: {}:{}\r\nUser-Agent: swinit\r\nAccept: */*\r\nConnection: close\r\n\
      \r\n
      """, probe.text, host, decimal(probe.number))
    var failure: Errno?
    request.bytes.withUnsafeBytes { bytes in
      do throws(Errno) {
        // A new connection takes it whole.
        _ = try socket.writeNow(bytes, isSocket: true)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// `HTTP/1.1 200 …`: the status is all that is looked at.
  private mutating func readAnswer(_ entry: Entry, _ socket: FileDescriptor) {
    do throws(Errno) {
      let bytes = try read(socket, limit: 16)
      entry.answer += bytes
      let head = ByteString(entry.answer)
      if head.count < 12, !bytes.isEmpty { return }
      guard head.hasPrefix("HTTP/1."), let status = head.slice(9, 12).unsignedDecimal,
        head.count >= 12
      else { return answer(entry, .http(0)) }
      answer(entry, (200..<400).contains(status) ? nil : .http(Int32(status)))
    } catch {
      if error != .wouldBlock { answer(entry, .errno(error.code)) }
    }
  }

  // Commands.

  @inline(never)
  private mutating func launch(_ entry: Entry, _ probe: Probe, _ launcher: Launcher) {
    // One that was killed and will not go must not be joined by others.
    if entry.command != 0 { return answer(entry, .timedOut) }
    switch launcher.launchProbe(entry.slot, probe.text) {
    case .failed(let failure): answer(entry, .notMade(failure.errno))
    case .launched(let launched):
      // That it could not be executed shows as its exit status.
      launched.report.close()
      entry.command = launched.pid
      commands += 1
    }
  }

  /// Whether it is one of these commands, or in the session of one.
  func isTesting(_ process: ProcessEntry) -> Bool {
    if commands == 0 { return false }
    return entries.contains {
      $0.command > 1 && ($0.command == process.pid || $0.command == process.session)
    }
  }

  /// A child of ours has ended: whether it was one of these commands.
  mutating func ended(_ pid: ProcessID, _ status: WaitStatus) -> Bool {
    if channelHelperEnded(pid) { return true }
    if commands == 0 { return false }
    for entry in entries where entry.command == pid {
      entry.command = 0
      commands -= 1
      guard let probe = entry.probe, probe.kind == .command else { return true }
      answer(entry, status == .exited(0) ? nil : .ended(status))
      return true
    }
    return false
  }
}
