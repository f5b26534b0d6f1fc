import Configuration

@testable import Basics
@testable import Supervision

// The fake world under the simulated core: a clock, a process table and people who send signals,
// all made of one seed. It is as hostile as the real one may be, and keeps the one contract that
// the event loop keeps: `spawn` is answered by `forked` or `forkFailed` before any other event;
// `executed` or `executionFailed` comes before the `ended` of that process, or not at all when it
// was killed before its exec; what gets SIGKILL ends soon, unless it sits in uninterruptible sleep;
// `childrenGone` comes once after the sweep, when no child is left.

/// Steele, Lea and Flood's generator: a full period of 2⁶⁴ from any seed.
struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
  /// 0 ..< bound.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
  /// 0 … longest.
  mutating func pause(_ longest: Nanoseconds) -> Nanoseconds {
    Nanoseconds(Int64(next() % UInt64(longest.count + 1)))
  }
}

struct World {
  /// A child of ours, until it is reaped.
  struct Process {
    /// Never used again, other than the pid.
    let serial: Int
    let pid: ProcessID
    /// nil: an orphan that we inherited.
    let slot: Slot?
    let ignoresStop: Bool
    let unkillable: Bool
    /// A process that a program has started which ends as a whole (`stoptree`, `stopasgroup`,
    /// `killasgroup`); it may outlive the program's own.
    var tree: Slot?
    /// The signal that it got as one of the tree.
    var told: Signal?
    /// It has ended and is to be reaped.
    var zombie: WaitStatus?
  }

  enum Happening {
    case execution(serial: Int, SpawnFailure?)
    case death(serial: Int, WaitStatus)
    case reaping(serial: Int)
    case stopCommandEnd(Slot, WaitStatus?)
    /// A process that nobody ever heard of was reaped.
    case stranger
    case orphanAppears
    case signal(Signal, Sender)
    case probeAnswer(Slot, serial: Int, ProbeFailure?)
    /// A tick that nobody asked for.
    case strayTick
    /// Somebody sets the wall clock, by so many seconds.
    case clockSet(Int64)
    case childrenGone
    /// A program of which a process lives has started another one.
    case branch(Slot)
    /// The last process of a tree that was found was reaped.
    case treeGone(Slot)
  }

  /// How the processes of one program behave; numbers are percentages.
  struct Character {
    var forkFailures: Int
    var execFailures: Int
    var slowExecs: Int
    var stubborn: Int
    var unkillable: Int
    /// How many of its tests succeed.
    var wellness: Int
    /// The kind of life, see `lifetime`.
    var life: Int
    var codes: [WaitStatus]
  }

  let configuration: Configuration
  let command: MainCommand?
  let onTerminal: Bool
  /// How much later than asked for a tick may come.
  let greatestDelay: Nanoseconds
  private(set) var now = Time(nanoseconds: 1_000_000_000)
  /// What the wall clock showed when the monotonic one stood at 0.
  private var wallStart: Int64
  let zone: Zone
  var random: SplitMix64
  let characters: [Character]
  var processes: [Process] = []
  var coming: [(at: Time, happening: Happening)] = []
  var serials = 0
  /// The test of each program that is to be answered.
  var probes: [Slot: Int] = [:]
  /// What the core did to us that it may not.
  var brokenRule: String?
  private var swept = false
  private var toldGone = false
  /// Programs whose own process is gone and whose tree the core waits for.
  var awaitedTrees: Set<Slot> = []

  init(seed: UInt64, _ change: (inout Configuration) -> Void = { _ in }) {
    var random = SplitMix64(state: seed)
    var configuration = Self.randomConfiguration(&random)
    command = random.chance(40) ? Self.addCommand(&configuration, &random) : nil
    change(&configuration)
    let calm = random.chance(30)
    var characters = configuration.programs.map { _ in Self.randomCharacter(calm, &random) }
    if let command, random.chance(20) {
      // One that has to be given up.
      characters[command.slot].life = 0
      characters[command.slot].stubborn = 100
      characters[command.slot].unkillable = 100
    }
    for slot in configuration.programs.indices
    where configuration.programs[slot].health != nil && random.chance(10) {
      // One that is never well, and does not go either.
      characters[slot].wellness = 0
      characters[slot].life = 0
      characters[slot].stubborn = 100
      characters[slot].unkillable = 100
    }
    self.characters = characters
    self.configuration = configuration
    onTerminal = random.chance(40)
    greatestDelay = random.pick([.zero, .milliseconds(1), .milliseconds(300), .seconds(4)])
    // Near to what changes the clock, or not.
    zone = random.pick([ZoneTable.berlin, .newYork, .lordHowe]).zone
    wallStart = utc("2026-10-24 12:00") + Int64(random.below(120_000))
    self.random = random
    plan()
  }

  /// What comes from outside, and when.
  private mutating func plan() {
    let span: Nanoseconds = random.pick([
      .milliseconds(5), .seconds(3), .seconds(40), .seconds(600),
    ])
    if random.chance(75) { schedule(.signal(stopSignal(), sender()), within: span) }
    let signals = random.below(command == nil ? 4 : 8)
    for _ in 0..<signals { schedule(.signal(anySignal(), sender()), within: span) }
    for _ in 0..<random.below(4) { schedule(.orphanAppears, within: span) }
    for _ in 0..<random.below(3) { schedule(.stranger, within: span) }
    for _ in 0..<random.below(4) { schedule(.strayTick, within: span) }
    guard random.chance(60) else { return }
    for _ in 0..<random.below(5) {
      schedule(
        .clockSet(random.pick([-1, 1, -7, 45, -45, -55, -3_600, 3_600, -90_000, 400_000])),
        within: span)
    }
  }

  /// What the wall clock shows.
  var wall: WallTime { WallTime(seconds: wallStart + now.nanoseconds / 1_000_000_000) }

  /// When the wall clock, as it goes now, shows this.
  func moment(of wall: WallTime) -> Time {
    max(now, Time(nanoseconds: (wall.seconds - wallStart) * 1_000_000_000))
  }

  /// The time of the next happening.
  var nextHappening: Time? {
    var earliest: Time?
    for item in coming where item.at < earliest ?? .distantFuture { earliest = item.at }
    return earliest
  }

  mutating func advance(to time: Time) { if time > now { now = time } }

  /// What happens next, as the core hears of it; nil when it hears nothing.
  mutating func happen() -> Event? {
    guard let time = nextHappening, let index = coming.firstIndex(where: { $0.at == time }) else {
      return nil
    }
    advance(to: time)
    switch coming.remove(at: index).happening {
    case .execution(let serial, let failure):
      guard let index = living(serial), let slot = processes[index].slot else { return nil }
      guard let failure else { return .executed(slot) }
      schedule(.death(serial: serial, .exited(127)), within: .milliseconds(1))
      return .executionFailed(slot, failure)
    case .death(let serial, let status):
      guard let index = living(serial) else { return nil }
      processes[index].zombie = status
      schedule(.reaping(serial: serial), within: random.pick([.zero, .zero, .milliseconds(2)]))
      return nil
    case .reaping(let serial):
      guard let index = processes.firstIndex(where: { $0.serial == serial }) else { return nil }
      let process = processes.remove(at: index)
      childrenMayBeGone()
      if let slot = process.tree { treeMayBeGone(slot) }
      return .ended(process.pid, process.zombie ?? .exited(0))
    case .stopCommandEnd(let slot, let status): return .stopCommandEnded(slot, status)
    case .stranger: return .ended(freePid(), .exited(0))
    case .orphanAppears:
      let serial = add(slot: nil, stubborn: 40, unkillable: 10)
      if random.chance(70) { schedule(.death(serial: serial, .exited(0)), within: .seconds(60)) }
      return nil
    case .branch(let slot):
      guard processes.contains(where: { ($0.slot ?? $0.tree) == slot && $0.zombie == nil }) else {
        return nil
      }
      branch(slot)
      return nil
    case .treeGone(let slot):
      guard !hasTree(slot), awaitedTrees.remove(slot) != nil else { return nil }
      return .treeGone(slot)
    case .signal(let signal, let sender): return .signal(signal, sender)
    case .probeAnswer(let slot, let serial, let failure):
      guard probes[slot] == serial else { return nil }
      probes[slot] = nil
      return .probed(slot, failure)
    case .strayTick: return .tick
    case .clockSet(let seconds):
      wallStart += seconds
      return .clock(wall)
    case .childrenGone: return .childrenGone
    }
  }

  /// Answers `Action.spawn`.
  mutating func fork(_ slot: Slot) -> Event {
    let character = characters[slot]
    awaitedTrees.remove(slot)
    if random.chance(character.forkFailures) {
      if random.chance(30) {
        return .startPutOff(slot, SpawnFailure(step: 1, errno: 12, exitCode: 1))
      }
      return .forkFailed(slot, SpawnFailure(step: 1, errno: 11, exitCode: 1))
    }
    let serial = add(slot: slot, stubborn: character.stubborn, unkillable: character.unkillable)
    let slow = random.chance(character.slowExecs)
    var failure: SpawnFailure?
    if random.chance(character.execFailures) {
      failure = SpawnFailure(step: 5, errno: 2, exitCode: random.pick([1, 126, 127]))
    }
    schedule(
      .execution(serial: serial, failure), within: slow ? .seconds(15) : .milliseconds(2))
    if let life = lifetime(slot, character) {
      let status = random.pick(character.codes)
      coming.append((now + life, .death(serial: serial, status)))
    }
    if endsAsWhole(slot) {
      for _ in 0..<random.below(3) { schedule(.branch(slot), within: branching()) }
    }
    if random.chance(5) { schedule(.orphanAppears, within: .seconds(5)) }
    return .forked(slot, processes[processes.count - 1].pid)
  }

  mutating func signal(_ pid: ProcessID, _ signal: Signal) {
    guard let process = processes.first(where: { $0.pid == pid }), process.zombie == nil else {
      return
    }
    if signal == .kill {
      if !process.unkillable {
        schedule(.death(serial: process.serial, .signalled(.kill)), within: .milliseconds(10))
      } else if random.chance(50) {
        schedule(.death(serial: process.serial, .signalled(.kill)), within: .seconds(12))
      }
      return
    }
    if process.ignoresStop { return }
    // What is passed on to COMMAND need not end it.
    if process.slot == command?.slot, random.chance(50) { return }
    let status: WaitStatus = random.pick([.signalled(signal), .exited(0), .exited(143)])
    let patience: Nanoseconds = random.pick([
      .zero, .milliseconds(5), .seconds(2), .seconds(12),
    ])
    schedule(.death(serial: process.serial, status), within: patience)
  }

  mutating func sweep(_ signal: Signal) {
    swept = true
    for process in processes { self.signal(process.pid, signal) }
    childrenMayBeGone()
  }

  /// The run has been long enough: somebody stops it.
  mutating func loseInterest() { schedule(.signal(stopSignal(), sender()), within: .zero) }

  /// The stop has begun: people repeat themselves.
  mutating func seeStopBegin() {
    for _ in 0..<random.below(4) {
      let signal = random.chance(60) ? Signal.interrupt : anySignal()
      schedule(.signal(signal, sender()), within: random.pick([.milliseconds(5), .seconds(20)]))
    }
    if random.chance(20) { schedule(.strayTick, within: .seconds(10)) }
    if random.chance(10) { schedule(.orphanAppears, within: .seconds(10)) }
  }

  private mutating func childrenMayBeGone() {
    guard swept, !toldGone, processes.isEmpty else { return }
    toldGone = true
    schedule(.childrenGone, within: .zero)
  }

  /// Whose processes have not ended.
  var livingPrograms: [Slot] { processes.filter { $0.zombie == nil }.compactMap(\.slot) }

  private func living(_ serial: Int) -> Int? {
    processes.firstIndex { $0.serial == serial && $0.zombie == nil }
  }

  mutating func add(slot: Slot?, stubborn: Int, unkillable: Int) -> Int {
    serials += 1
    processes.append(
      Process(
        serial: serials, pid: freePid(), slot: slot, ignoresStop: random.chance(stubborn),
        unkillable: random.chance(unkillable), zombie: nil))
    return serials
  }

  /// A pid that no child has now. There are few, so that they come again soon.
  private mutating func freePid() -> ProcessID {
    while true {
      let pid = ProcessID(2 + random.below(60))
      if !processes.contains(where: { $0.pid == pid }) { return pid }
    }
  }

  private mutating func lifetime(_ slot: Slot, _ character: Character) -> Nanoseconds? {
    let isOneshot = configuration.programs[slot].oneshot
    if isOneshot, random.chance(80) { return random.pause(.seconds(2)) }
    switch random.chance(80) ? character.life : random.below(6) {
    case 0: return nil
    case 1: return random.pause(.milliseconds(3))
    case 2:
      // Around the moment of becoming RUNNING, when it matters.
      let startsecs = configuration.programs[slot].startsecs
      return Nanoseconds(startsecs.count + random.pause(.milliseconds(20)).count)
    case 3: return random.pause(.seconds(8))
    case 4: return random.pause(.seconds(30))
    default: return random.pause(.seconds(900))
    }
  }

  mutating func schedule(_ happening: Happening, within longest: Nanoseconds) {
    coming.append((now + random.pause(longest), happening))
  }

  private mutating func sender() -> Sender {
    let inside = random.chance(30)
    return Sender(pid: ProcessID(random.below(50)), uid: 0, isDescendant: inside)
  }

  /// One of those that begin the stop in every configuration made here.
  private mutating func stopSignal() -> Signal {
    let signal: Signal = random.pick([.terminate, .interrupt, .quit, .hangup])
    return configuration.globals.stopOn.contains(signal) ? signal : .terminate
  }
  private mutating func anySignal() -> Signal {
    random.pick([
      .hangup, .interrupt, .interrupt, .quit, .user2, .terminate, .windowChange, .power, .proceed,
      Signal(number: 37), Signal(number: 64),
    ])
  }
}
