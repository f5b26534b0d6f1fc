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
/// What may never happen here: a call that waits (but for epoll itself), and a failed call that
/// ends the loop. An event of a descriptor that was closed meanwhile is told by the generation in
/// its token and dropped.
public final class EventLoop {
  /// Children reaped in one turn.
  private static let reapBatch = 256
  /// Ticks in one turn. Each may fork, which takes some tenths of a millisecond.
  private static let tickBatch = 16
  /// Signals read in one turn.
  private static let signalBatch = 32
  private var supervisor: Supervisor
  private var epoll: Epoll
  private let signals: SignalDescriptor
  private let streams: Streams
  private var log: Log
  private let launcher: Launcher
  private var messages: Messages
  private var pidsLimit = PidsLimit()
  private var outOfMemory = OutOfMemory()
  private let ownPID = processID()

  /// The report pipe of a slot's process until its exec is known to have succeeded or not.
  private struct Report {
    var file: FileDescriptor?
    /// Which start it belongs to.
    var generation: UInt32 = 0
    /// Of `stdin=pipe`: the end that is written to, open as long as the program lives; -1: none.
    var input: Int32 = -1
    /// Its `stop_command` while it runs, else 0, and the reading end of that one's report pipe.
    var stopCommand: ProcessID = 0
    var stopReport: Int32 = -1
  }
  private var reports: [Report]
  private var childrenMayHaveEnded = false
  /// The first starts are done.
  private var hasStarted = false
  private var isSweeping = false
  private var result: UInt8?
  private var lastWord: (level: LogLevel, text: ByteString)?
  /// Who asked for the stop, named when the signal came: the sender may be gone when it is over.
  private var stopSender: ByteString = ""
  /// What was said of each program: bits of `Launcher`'s `unmet`.
  private var saidUnmet: [UInt8]

  private var following: Following
  /// How many `stop_command`s run.
  private var stopCommands = 0
  /// Those that could not be started: the core hears of them when it has nothing else to say.
  private var failedStops: [Slot] = []
  /// Tells when the wall clock has come to the next run of a schedule, and when it was set.
  private var wallTimer: WallTimer?
  private var probes: Probes
  private var trees: Trees
  /// Of COMMAND's terminal: see `CommandTerminal`.
  private var handOff: Signals

  /// - Throws: what made epoll impossible; there is no life without it.
  public init(
    _ configuration: Configuration, signals: SignalDescriptor, logfile: FileDescriptor?,
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
    log = Log(configuration.globals, streams, file: logfile)
    launcher = Launcher(configuration, devNull: devNull, streams: streams, command: command)
    following = Following(configuration) {
      configuration.displayName(configuration.programs[$0])
    }
    probes = Probes(configuration, epoll)
    trees = Trees(configuration)
    messages = Messages(
      configuration: configuration, isRoot: effectiveUserID() == 0, command: command?.main.slot,
      zone: zone)
    reports = Array(repeating: Report(), count: configuration.programs.count)
    saidUnmet = Array(repeating: 0, count: configuration.programs.count)
  }

  /// Something to be said before anything happens.
  public func say(_ level: LogLevel, _ text: ByteString) { log.write(level, text) }

  /// Runs until the core says how to end. The exit status.
  public func run() -> UInt8 {
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
      forgetStartupCode()
    }
    let count = epoll.wait(milliseconds: milliseconds)
    streams.beginTurn()
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
      case .readyChannel(let slot): probes.channelIsReadable(slot)
      case .probePaths: probes.pathsChanged()
      case .unknown: continue
      }
    }
    streams.serveReadable(epoll)
    if childrenMayHaveEnded { reap() }
    tellAnswers()
    if trees.isDue { lookAfterTrees() }
    for _ in 0..<Self.tickBatch {
      let now = self.now()
      guard supervisor.pause(at: now) == .zero else { break }
      feed(.tick, at: now)
    }
    if !following.isEmpty, let deadline = following.deadline, deadline <= now() {
      follow { $0.timePassed(&$1) }
    }
    tellAnswers()
    flushLog()
  }

  /// Milliseconds until the core wants a tick, rounded up; nil: for ever.
  private func timeout() -> Int32? {
    if !streams.news.list.isEmpty { return 0 }
    let now = now()
    var shortest = supervisor.pause(at: now)
    if !following.isEmpty, let deadline = following.deadline {
      let pause = deadline > now ? deadline - now : .zero
      shortest = min(shortest ?? pause, pause)
    }
    if let deadline = streams.deadline {
      let pause = deadline > now ? deadline - now : .zero
      shortest = min(shortest ?? pause, pause)
    }
    guard let pause = shortest else { return nil }
    let milliseconds = pause.count / 1_000_000 + (pause.count % 1_000_000 == 0 ? 0 : 1)
    // A longer wait ends early, finds nothing due and goes on.
    return Int32(min(milliseconds, 3_600_000))
  }

  private func now() -> Time { Time(nanoseconds: monotonicNow()) }

  private func feed(_ event: Event) { feed(event, at: now()) }

  /// Tells the core, and carries out what it answers. A spawn and the check of a tree are
  /// answered here, before anything else reaches the core; each is the last of its actions, so this
  /// goes few levels deep.
  private func feed(_ event: Event, at now: Time) {
    for action in supervisor.handle(event, at: now) {
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
      case .stopAwaited(let slot): follow { $0.stopAwaited(slot, &$1) }
      case .startProbe(let slot, let isHealth):
        probes.start(slot, supervisor.configuration, isHealth: isHealth, launcher)
      case .stopProbe(let slot): probes.stop(slot)
      case .sweep(let signal): sweep(signal)
      case .report(let notice): report(notice)
      case .exit(let code, let reason): end(code, reason)
      }
    }
    while let slot = failedStops.popLast() { feed(.stopCommandEnded(slot, nil), at: now) }
  }

  private func report(_ notice: Notice) {
    // It was for the log files.
    if case .ignored(let signal, _) = notice, signal == Signal.user2 { return }
    let sender = notice.sender.map { describe($0) } ?? ""
    if case .stopRequested = notice { stopSender = sender }
    let crashes = notice.fatal.flatMap { supervisor.crashes(of: $0) }
    log.write(
      messages.level(of: notice), messages.text(of: notice, sender: sender, crashes: crashes))
  }

  private func end(_ code: UInt8, _ reason: ExitReason) {
    result = code
    let level: LogLevel = code == 0 ? .info : .error
    var circumstances = Circumstances(sender: stopSender)
    if let blamed = reason.blamed {
      circumstances.crashes = supervisor.crashes(of: blamed.slot, blamed.end)
      circumstances.lastLine = streams.lastErrorLine(of: blamed.slot)
    }
    let text = messages.certificate(code, reason, circumstances)
    lastWord = (level, text)
    writeTerminationLog(text)
  }

  // Signals.

  private func readSignals() {
    for _ in 0..<Self.signalBatch {
      guard let received = signals.next() else { return }
      let signal = Signal(number: received.number)
      if signal == .child {
        childrenMayHaveEnded = true
        continue
      }
      if handOff.contains(signal) {
        handOff.remove(signal)
        continue
      }
      // A writer learns from EPIPE and EFBIG what these would tell it. Anybody else's is for COMMAND.
      if signal == .brokenPipe || signal == .fileSize, received.senderPID == ownPID { continue }
      if signal == Signal.user2, !supervisor.configuration.globals.stopOn.contains(signal) {
        streams.reopen()
        log.write(.info, "log files are opened again: SIGUSR2")
      }
      let pid = received.isFromKernel ? -1 : received.senderPID
      let isOurs = pid > 0 && isDescendant(pid, of: ownPID)
      feed(.signal(signal, Sender(pid: pid, uid: received.senderUID, isDescendant: isOurs)))
    }
  }

  private func describe(_ sender: Sender) -> ByteString {
    if sender.pid < 0 { return "from the kernel (a terminal?)" }
    if sender.pid == 0 { return "from outside of this PID namespace" }
    guard let name = processName(sender.pid) else {
      return message("from pid {} (uid {})", decimal(sender.pid), decimal(sender.uid))
    }
    return message(
      "from pid {} (uid {}, {})", decimal(sender.pid), decimal(sender.uid), ByteString(name))
  }

  private func send(
    _ signal: Signal, to pid: ProcessID, group: Bool, isStop: Bool = true
  ) {
    // 1, 0 and −1 would be ourselves, our group and everybody: no child of ours has such a pid.
    guard pid > 1 else { return }
    do throws(Errno) {
      if !following.isEmpty, let slot = supervisor.slot(of: pid) {
        var world = world()
        let isHandled = try following.send(
          signal, to: slot, group: group, isStop: isStop, &world)
        if isHandled { return }
      }
      try sendSignal(signal.number, to: group ? -pid : pid)
    } catch {
      // The group appears with setsid, a moment after the fork.
      if group, error == .noProcess, (try? sendSignal(signal.number, to: pid)) != nil { return }
      log.write(
        .warn,
        message("cannot send {} to pid {}: {}, ignoring", signal.name, decimal(pid), error.text))
    }
  }

  // The commands that are run to stop programs.

  private func runStopCommand(_ slot: Slot, _ pid: ProcessID) {
    var unmet: UInt8 = 0
    switch launcher.launch(slot, unmet: &unmet, stopping: pid) {
    case .launched(let launched):
      stopCommands += 1
      reports[slot].stopCommand = launched.pid
      reports[slot].stopReport = launched.report.number
    case .failed(let failure):
      sayStopCommand(slot, failure)
      failedStops.append(slot)
    }
  }

  private func stopCommandEnded(_ slot: Slot, _ status: WaitStatus) {
    // What it had to say stands in the pipe by now.
    let answer = ReportPipe.read(FileDescriptor(number: reports[slot].stopReport))
    forgetStopCommand(slot)
    if case .failed(let step, let errno) = answer {
      sayStopCommand(slot, Launcher.failure(step, errno))
      feed(.stopCommandEnded(slot, nil))
    } else {
      feed(.stopCommandEnded(slot, status))
    }
  }

  /// Its group is that of its session; there is none in the moment after the fork.
  private func killStopCommand(_ slot: Slot) {
    let pid = reports[slot].stopCommand
    guard pid > 1 else { return }
    if (try? sendSignal(Signal.kill.number, to: -pid)) == nil {
      try? sendSignal(Signal.kill.number, to: pid)
    }
    forgetStopCommand(slot)
  }

  private func forgetStopCommand(_ slot: Slot) {
    FileDescriptor(number: reports[slot].stopReport).close()
    reports[slot].stopCommand = 0
    stopCommands -= 1
  }

  private func sayStopCommand(_ slot: Slot, _ failure: SpawnFailure) {
    log.write(.warn, messages.stopCommand(slot, failure))
  }

  // Trees.

  private func sendToTree(_ signal: Signal, _ slot: Slot, again: Bool) {
    let pid = supervisor.state(of: slot).pid
    if trees.begin(signal, to: slot, again: again), pid != 0 {
      let program = supervisor.configuration.programs[slot]
      send(signal, to: pid, group: signal == .kill ? program.killasgroup : program.stopasgroup)
    }
    trees.send(to: slot, supervisor, probes)
  }

  private func checkTree(_ slot: Slot) {
    feed(trees.check(slot, supervisor, probes) ? .treeLeft(slot) : .treeGone(slot))
  }

  private func lookAfterTrees() {
    for slot in trees.look(supervisor, probes) { feed(.treeGone(slot)) }
  }

  // Children.

  private func spawn(_ slot: Slot) {
    if !following.isEmpty { following.willStart(slot) }
    var channel: ReadyChannel?
    if !probes.isEmpty {
      do throws(Errno) {
        channel = try probes.willStart(slot, supervisor.configuration.programs[slot].ready)
      } catch {
        return feed(.forkFailed(slot, Launcher.failure(.pipe, error)))
      }
    }
    defer { channel?.closeTheirs() }
    var unmet: UInt8 = 0
    let outcome = launcher.launch(slot, channel: channel, unmet: &unmet)
    if unmet & ~saidUnmet[slot] != 0 {
      saidUnmet[slot] |= unmet
      log.write(.warn, messages.text(of: slot, unmet: unmet))
    }
    switch outcome {
    case .failed(let failure):
      if SpawnStep(number: failure.step) == .fork, let word = explainPidsLimit() {
        log.write(.error, word)
      }
      feed(.forkFailed(slot, failure))
    case .launched(let launched):
      reports[slot].input = launched.input
      reports[slot].generation &+= 1
      let token = Token.report(slot: slot, generation: reports[slot].generation)
      follow { $0.started(slot, launched.pid, &$1) }
      if !trees.isEmpty { trees.started(slot, launched.pid) }
      do throws(Errno) {
        try epoll.addReader(launched.report, token: token.packed)
        reports[slot].file = launched.report
        feed(.forked(slot, launched.pid))
      } catch {
        // Without the report the exec counts as done; its failure still shows as an exit.
        launched.report.close()
        feed(.forked(slot, launched.pid))
        feed(.executed(slot))
      }
      if let word = pidsLimit.warning() { log.write(.warn, word) }
    }
  }

  /// Nobody reads it any more.
  private func closeInput(of slot: Slot) {
    let input = reports[slot].input
    reports[slot].input = -1
    if input >= 0 { FileDescriptor(number: input).close() }
  }

  private func explainPidsLimit() -> ByteString? {
    pidsLimit.explain { pid in supervisor.slot(of: pid).map { messages.name($0) } }
  }

  private func readReport(_ slot: Slot, _ generation: UInt32) {
    guard reports.indices.contains(slot), reports[slot].generation == generation else { return }
    readReport(slot)
  }

  private func readReport(_ slot: Slot) {
    guard let file = reports[slot].file else { return }
    let answer = ReportPipe.read(file)
    switch answer {
    case .nothingYet: return
    case .executed, .failed:
      // Children that were forked meanwhile hold the pipe too until they exec: closing it alone
      // would leave it in the epoll set.
      epoll.remove(file)
      file.close()
      reports[slot].file = nil
    }
    switch answer {
    case .nothingYet: return
    case .executed: feed(.executed(slot))
    case .failed(let step, let errno):
      feed(.executionFailed(slot, Launcher.failure(step, errno)))
    }
  }

  private func reap() {
    for _ in 0..<Self.reapBatch where !streams.hasReadEnough {
      switch reapOne() {
      case .one(let ended):
        // The child wrote its report before it ended: it comes first.
        if let slot = supervisor.slot(of: ended.pid) {
          readReport(slot)
          closeInput(of: slot)
          streams.programEnded(slot, epoll)
        }
        let status: WaitStatus =
          ended.signal == 0
          ? .exited(UInt8(truncatingIfNeeded: ended.code))
          : .signalled(Signal(number: ended.signal))
        if status == .signalled(.kill) { explainKill(ended.pid) }
        if !trees.isEmpty { trees.ended(ended.pid) }
        if stopCommands > 0, let slot = reports.firstIndex(where: { $0.stopCommand == ended.pid }) {
          stopCommandEnded(slot, status)
          if result != nil { return }
          continue
        }
        if !probes.isEmpty, probes.ended(ended.pid, status) { continue }
        if !following.isEmpty {
          var world = world()
          if let orders = following.ended(ended.pid, status, &world) {
            carryOut(orders)
            if result != nil { return }
            continue
          }
        }
        feed(.ended(ended.pid, status))
        if result != nil { return }
      case .noneEnded:
        childrenMayHaveEnded = false
        return
      case .noChildren:
        childrenMayHaveEnded = false
        if isSweeping { feed(.childrenGone) }
        return
      }
    }
  }

  /// A process was killed: by the OOM killer, if it was not by us?
  private func explainKill(_ pid: ProcessID) {
    if isSweeping { return }
    let slot = supervisor.slot(of: pid)
    if let slot, supervisor.hasKilled(slot) { return }
    let words = outOfMemory.explain(at: now())
    if let slot {
      messages.remember(slot, outOfMemory: words)
    } else if let words {
      log.write(.warn, message("pid {}, which is no program's own, was {}", decimal(pid), words))
    }
  }

  /// As PID 1 everything else in the namespace is ours to end. Anywhere else only descendants are.
  private func sweep(_ signal: Signal) {
    isSweeping = true
    if ownPID == 1 {
      try? sendSignal(signal.number, to: -1)
    } else {
      for entry in descendants(of: ownPID) { try? sendSignal(signal.number, to: entry.pid) }
    }
    childrenMayHaveEnded = true
  }

  /// What tests have found.
  private func tellAnswers() {
    if probes.isEmpty { return }
    while let answer = probes.takeAnswer() { feed(.probed(answer.slot, answer.failure)) }
  }

  // Programs that put themselves into the background.

  private func world() -> FollowingWorld {
    FollowingWorld(
      now: now(), epoll: epoll, filesToken: Token.pidfiles.packed,
      token: { Token.daemon($0).packed },
      isProgram: { self.supervisor.slot(of: $0) != nil })
  }

  private func follow(_ body: (inout Following, inout FollowingWorld) -> [Following.Order]) {
    if following.isEmpty { return }
    var world = world()
    carryOut(body(&following, &world))
  }

  private func carryOut(_ orders: [Following.Order]) {
    for order in orders {
      switch order {
      case .detached(let slot): feed(.detached(slot))
      case .became(let slot, let pid): feed(.followed(slot, pid))
      case .ended(let slot, let status): feed(.gone(slot, status))
      case .say(let slot, let level, let text):
        log.write(level, message("{}: {}", messages.name(slot), text))
      }
    }
  }

  // Schedules.

  private func beginSchedules() {
    guard messages.configuration.followsWallClock else { return }
    if let zone = missingZone() {
      log.write(
        .warn,
        message(
          "TZ {q}: there is no such zone file (tzdata), schedules run in UTC", ByteString(zone)))
    }
    do throws(Errno) {
      let timer = try WallTimer()
      try epoll.addReader(timer.descriptor, token: Token.wallClock.packed)
      wallTimer = timer
      readWallClock()
    } catch {
      log.write(.error, message("cannot run schedules: timerfd: {}", error.text))
    }
  }

  /// Looks at the wall clock and waits for the next run. Setting the clock in between wakes us too.
  private func readWallClock() {
    guard let wallTimer else { return }
    wallTimer.acknowledge()
    feed(.clock(WallTime(seconds: wallNow())))
    // Where the clock was set since it was read, it is read again.
    while let run = supervisor.earliestRun, !wallTimer.set(to: run.seconds) {
      feed(.clock(WallTime(seconds: wallNow())))
    }
  }

  // The log.

  private func flushLog() {
    let now = now()
    if let deadline = streams.deadline, deadline <= now { streams.timePassed(now) }
    sayNews()
    streams.flush()
    streams.watch(epoll)
  }

  private func sayNews() {
    for (level, text) in streams.news.list { log.write(level, text) }
    streams.news.list.removeAll()
  }

  /// Only here a reader who does not read is waited for, and not for long.
  private func sayLastWord() {
    let end = supervisor.graceEnd
    streams.drain(until: end)
    streams.sayWhatWasDropped()
    sayNews()
    if let lastWord { log.writeAlways(lastWord.level, lastWord.text) }
    streams.finish(until: end)
  }
}

/// What an epoll event is about, in the 64 bits that the kernel keeps for us.
enum Token: Equatable {
  case signals
  case report(slot: Slot, generation: UInt32)
  case log(sink: Int)
  case stream(Int)
  case pidfiles
  case daemon(Slot)
  case wallClock
  /// The connection of a test.
  case probe(slot: Slot, generation: UInt32)
  case readyChannel(Slot)
  case probePaths
  case unknown

  private static let slotBits: UInt64 = 24

  /// Kind in the lowest 8 bits, then 24 of the slot or sink, then 32 of the generation.
  var packed: UInt64 {
    switch self {
    case .signals: return 1
    case .report(let slot, let generation):
      return UInt64(generation) << 32 | UInt64(truncatingIfNeeded: slot) << 8 | 2
    case .log(let sink): return UInt64(truncatingIfNeeded: sink) << 8 | 3
    case .pidfiles: return 4
    case .daemon(let slot): return UInt64(truncatingIfNeeded: slot) << 8 | 5
    case .wallClock: return 6
    case .stream(let index): return UInt64(truncatingIfNeeded: index) << 8 | 7
    case .probe(let slot, let generation):
      return UInt64(generation) << 32 | UInt64(truncatingIfNeeded: slot) << 8 | 16
    case .readyChannel(let slot): return UInt64(truncatingIfNeeded: slot) << 8 | 17
    case .probePaths: return 18
    case .unknown: return 0
    }
  }

  init(packed: UInt64) {
    let index = Int(packed >> 8 & (1 << Self.slotBits - 1))
    switch packed & 0xFF {
    case 1: self = .signals
    case 2: self = .report(slot: index, generation: UInt32(packed >> 32))
    case 3: self = .log(sink: index)
    case 4: self = .pidfiles
    case 5: self = .daemon(index)
    case 6: self = .wallClock
    case 7: self = .stream(index)
    case 16: self = .probe(slot: index, generation: UInt32(packed >> 32))
    case 17: self = .readyChannel(index)
    case 18: self = .probePaths
    default: self = .unknown
    }
  }
}
