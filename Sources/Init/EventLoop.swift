import Basics
import Configuration
import Linux
import Supervision

/// The one event loop of PID 1: waits for the kernel, tells the core, does what the core says.
///
/// It decides nothing. All of PID 1's time passes in `turn`: wait; signals and reports; a bounded
/// number of dead children; a bounded number of ticks; one write of what there is to say. What is
/// left over when a bound is reached comes in the next turn, which then does not wait: so a storm
/// of orphans or a thousand starts delay a signal by one turn, not more.
///
/// A wait that ended much too late is a pause of the container (`Pauses`): it is taken out of the loop's
/// clock, and the answers that have come meanwhile have their turns before any deadline.
///
/// What may never happen here: a call that waits (but for epoll itself), and a failed call that
/// ends the loop. An event of a descriptor that was closed meanwhile is told by the generation in
/// its token and dropped.
///
/// This file holds the turn. What it calls is in `Children.swift`, `Signalling.swift`,
/// `Stopping.swift`, `LoopTimes.swift` and `LastWords.swift`, each for what it says.
public final class EventLoop {
  /// Ticks in one turn. Each may fork, which takes some tenths of a millisecond.
  private static let tickBatch = 16
  /// Turns after a pause in which answers that wait keep deadlines waiting: each takes in 64 of them,
  /// and 256 ends of processes.
  private static let turnsOfAnswers = 64
  var supervisor: Supervisor
  var epoll: Epoll
  let signals: SignalDescriptor
  let streams: Streams
  var log: Log
  var noise = Noise()
  let launcher: Launcher
  var messages: Messages
  var pidsLimit = PidsLimit()
  var outOfMemory = OutOfMemory()
  var memoryNews = MemoryNews()
  var terminationLog = TerminationLog()
  /// When the next note of who holds the memory may be made.
  var nextNote = Time(nanoseconds: 0)
  var memory: ShortMemory
  /// Since when descriptors are closed that are convenient; nil: they are open.
  var descriptorsGivenUp: Time?
  var saidDescriptors = false
  let ownPID = processID()

  /// The report pipe of a slot's process until its exec is known to have succeeded or not.
  struct Report {
    var file: FileDescriptor?
    /// epoll tells of it.
    var isWatched = false
    /// Which start it belongs to.
    var generation: UInt32 = 0
    /// Of `stdin=pipe`: the end that is written to, open as long as the program lives; -1: none.
    var input: Int32 = -1
    /// Its `stop_command` while it runs, else 0, and the reading end of that one's report pipe.
    var stopCommand: ProcessID = 0
    var stopReport: Int32 = -1
  }
  var reports: [Report]
  var childrenMayHaveEnded = false
  /// The first starts are done.
  private var hasStarted = false
  var isSweeping = false
  var result: UInt8?
  var lastWord: (level: LogLevel, text: ByteString)?
  /// Who asked for the stop, named when the signal came: the sender may be gone when it is over.
  var stopSender: ByteString = ""
  /// What was said of each program: bits of `Launcher`'s `unmet`.
  var saidUnmet: [UInt8]

  var following: Following
  /// How many `stop_command`s run.
  var stopCommands = 0
  private var inbox = Inbox()
  /// A program was started since the limit of processes was looked at.
  var hasStartedProgram = false
  /// Tells when the wall clock has come to the next run of a schedule, and when it was set.
  var wallTimer: WallTimer?
  var probes: Probes
  let marks: Marks
  var trees: Trees
  /// When trees are looked after again, since /proc could not be listed.
  var treeLook: Time?
  var groups = Groups()
  /// Children that were reaped out of turn, and are told of in theirs.
  var reapedBefore: [EndedProcess] = []
  /// Of COMMAND's terminal: see `CommandTerminal`.
  var handOff: Signals
  private var pauses = Pauses()
  private var answersFirst = 0
  /// Report pipes that epoll could not take, and the wall clock's timer.
  var unwatchedReports: [Slot] = []
  var isWallClockUnwatched = false

  /// - Throws: what made epoll impossible; there is no life without it.
  public init(
    _ configuration: Configuration, signals: SignalDescriptor, logfiles: [OwnLogFile],
    devNull: FileDescriptor, opened: ContainerFiles, command: CommandSetup? = nil
  ) throws(Errno) {
    let zone = Zone { localOffset(at: $0) }
    supervisor = Supervisor(
      configuration, onTerminal: FileDescriptor.standardInput.isTerminal, command: command?.main,
      zone: zone)
    handOff = command?.handOff ?? Signals()
    epoll = try Epoll()
    self.signals = signals
    try epoll.addReader(signals.descriptor, token: Token.signals.packed)
    streams = Streams(configuration, opened)
    log = Log(configuration.globals, streams, files: logfiles)
    marks = Marks(configuration)
    launcher = Launcher(
      configuration, devNull: devNull, streams: streams, command: command, marks: marks)
    following = Following(configuration) {
      configuration.displayName(configuration.programs[$0])
    }
    probes = Probes(configuration, epoll, marks)
    trees = Trees(configuration, marks)
    messages = Messages(
      configuration: configuration, isRoot: effectiveUserID() == 0, command: command?.main.slot,
      zone: zone)
    memory = ShortMemory(programs: configuration.programs.count)
    reports = Array(repeating: Report(), count: configuration.programs.count)
    saidUnmet = Array(repeating: 0, count: configuration.programs.count)
  }

  /// Something to be said before anything happens.
  public func say(_ level: LogLevel, _ text: ByteString) { log.write(level, text) }

  /// Runs until the core says how to end. The exit status.
  public func run() -> UInt8 {
    listenToMemory()
    memory.keep()
    pidsLimit.watch(epoll)
    warnOfMarks()
    warnOfFiles()
    warnOfKill()
    if !trees.isEmpty { warnOfTrees() }
    feed(.begin)
    beginSchedules()
    flushLog()
    while true {
      turn()
      if let result {
        sayLastWord()
        return result
      }
    }
  }

  private func turn() {
    let milliseconds = childrenMayHaveEnded || trees.isDue ? 0 : timeout()
    if milliseconds != 0, !hasStarted {
      hasStarted = true
      trimMemory()
      forgetStartupCode()
    }
    let count = wait(milliseconds)
    streams.beginTurn()
    if !trees.isEmpty { trees.beginTurn() }
    for index in 0..<count {
      switch Token(packed: epoll.token(index)) {
      case .signals: readSignals()
      case .report(let slot, let generation): readReport(slot, generation)
      case .log(let sink): streams.isWritable(sink, epoll)
      case .stream(let index): streams.isReadable(index)
      case .pidfiles: follow { $0.filesChanged(&$1) }
      case .daemon(let slot): follow { $0.processEnded(slot, &$1) }
      case .wallClock: readWallClock()
      case .probe(let slot, let generation): probes.socketIsReady(slot, generation)
      case .readyChannel(let slot):
        probes.channelIsReadable(slot) { self.supervisor.slot(of: $0) != nil }
      case .probePaths: probes.pathsChanged()
      case .memory: hearOfMemory()
      case .pidsLimit: readPidsLimit()
      case .unknown: continue
      }
    }
    streams.serveReadable(epoll)
    if childrenMayHaveEnded, !trees.isListing || isSweeping { reap() }
    tellAnswers()
    if trees.isDue || treeLook.map({ $0 <= now() }) == true { lookAfterTrees() }
    if !groups.isEmpty, !trees.isListing { lookAfterGroups() }
    if answersFirst > 0 {
      answersFirst -= 1
      if count == Epoll.batch || childrenMayHaveEnded { return flushLog() }
      answersFirst = 0
    }
    for _ in 0..<Self.tickBatch {
      let now = self.now()
      guard supervisor.pause(at: now) == .zero else { break }
      feed(.tick, at: now)
    }
    if !following.isEmpty, let deadline = following.deadline, deadline <= now() {
      follow { $0.timePassed(&$1) }
    }
    if let deadline = probes.deadline, deadline <= now() {
      probes.timePassed(now()) { self.supervisor.slot(of: $0) != nil }
    }
    if let deadline = memoryDeadline, deadline <= now() { memoryTimePassed(now()) }
    if let deadline = noise.deadline, deadline <= now() { sayNoise(now()) }
    if isUnwatched { lookAtUnwatched() }
    tellAnswers()
    lookAfterMemory()
    flushLog()
  }

  /// Waits for events; how many there are. After a pause of the container the clock is set back by it.
  ///
  /// Not during a stop that has a grace: whoever stops the container counts on, and the last level is
  /// to get its signal before he loses his patience.
  private func wait(_ milliseconds: Int32?) -> Int {
    guard let milliseconds, milliseconds > 0 else { return epoll.wait(milliseconds: milliseconds) }
    let start = now()
    let count = epoll.wait(milliseconds: milliseconds)
    let planned = start + .milliseconds(Int64(milliseconds))
    let length = pauses.length(from: start, until: planned, to: now())
    if length > .zero, supervisor.graceEnd == nil {
      forgetTime(length.count)
      answersFirst = Self.turnsOfAnswers
    }
    return count
  }

  /// Milliseconds until the core wants a tick, rounded up, or until the next part of that time is over;
  /// nil: for ever.
  private func timeout() -> Int32? {
    if !streams.news.list.isEmpty { return 0 }
    let now = now()
    var shortest = supervisor.pause(at: now)
    if !following.isEmpty, let deadline = following.deadline {
      let pause = deadline > now ? deadline - now : .zero
      shortest = min(shortest ?? pause, pause)
    }
    let others = [
      streams.deadline, probes.deadline, noise.deadline, memoryDeadline, memory.deadline, treeLook,
    ]
    for case .some(let deadline) in others {
      let pause = deadline > now ? deadline - now : .zero
      shortest = min(shortest ?? pause, pause)
    }
    if let deadline = groups.deadline {
      let pause = deadline > now ? deadline - now : .zero
      shortest = min(shortest ?? pause, pause)
    }
    if isUnwatched { shortest = min(shortest ?? Self.lookPause, Self.lookPause) }
    guard let pause = shortest.map({ Pauses.part(of: $0) }) else { return nil }
    let milliseconds = pause.count / 1_000_000 + (pause.count % 1_000_000 == 0 ? 0 : 1)
    // A longer wait ends early, finds nothing due and goes on.
    return Int32(min(milliseconds, 3_600_000))
  }

  func now() -> Time { Time(nanoseconds: monotonicNow()) }

  func feed(_ event: Event) { feed(event, at: now()) }

  /// Tells the core, and carries out what it answers; then the same with all that has happened
  /// meanwhile. During an action list it only puts the event into the inbox.
  func feed(_ event: Event, at now: Time) {
    inbox.append(event, at: now)
    if inbox.isServed { return }
    inbox.isServed = true
    while let (event, time) = inbox.next() {
      for action in supervisor.handle(event, at: time) { carryOut(action) }
    }
    inbox.isServed = false
    if hasStartedProgram {
      hasStartedProgram = false
      warnOfPidsLimit()
    }
  }

  /// Answers `Action.spawn`, `checkTree` or `checkGroup`.
  func answer(_ event: Event) { inbox.append(answer: event, at: now()) }

  private func carryOut(_ action: Action) {
    switch action {
    case .spawn(let slot): spawn(slot)
    case .signal(let pid, let signal, let group): send(signal, to: pid, group: group)
    case .forward(let pid, let signal): send(signal, to: pid, group: false, isStop: false)
    case .runStopCommand(let slot, let pid):
      follow { $0.stopAwaited(slot, &$1) }
      runStopCommand(slot, pid)
    case .endStopCommand(let slot): killStopCommand(slot)
    case .signalTree(let slot, let signal, let again): sendToTree(signal, slot, again: again)
    case .checkTree(let slot): checkTree(slot)
    case .checkGroup(let slot, let group): checkGroup(slot, group)
    case .signalRest(let slot, let group, let signal): sendToRest(signal, slot, group)
    case .stopAwaited(let slot): follow { $0.stopAwaited(slot, &$1) }
    case .startProbe(let slot, let isHealth):
      probes.start(slot, supervisor.configuration, isHealth: isHealth, launcher)
    case .stopProbe(let slot): probes.stop(slot)
    case .sweep(let signal): sweep(signal)
    case .report(let notice): report(notice)
    case .exit(let code, let reason): end(code, reason)
    }
  }

  private func report(_ notice: Notice) {
    // It was for the log files.
    if case .ignored(let signal, _) = notice, signal == Signal.user2 { return }
    if let signal = notice.repeatedSignal,
      !noise.isSaid(Int(signal.number), signal.name, at: now())
    {
      return
    }
    let sender = notice.sender.map { describe($0) } ?? ""
    if case .stopRequested = notice { stopSender = sender }
    let crashes = notice.fatal.flatMap { supervisor.crashes(of: $0) }
    log.write(
      messages.level(of: notice), messages.text(of: notice, sender: sender, crashes: crashes))
  }
}
