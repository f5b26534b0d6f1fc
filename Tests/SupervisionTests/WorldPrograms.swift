import Configuration

@testable import Basics
@testable import Supervision

// How the programs of the fake world answer what the core wants of them: their stop_commands, their
// tests, their trees.

extension World {
  /// Some do what they are meant to, some fail, some hang.
  mutating func runStopCommand(_ slot: Slot, _ pid: ProcessID) {
    let patience: Nanoseconds = random.pick([.zero, .milliseconds(5), .seconds(2), .seconds(12)])
    switch random.below(5) {
    case 0: return
    case 1:
      return schedule(.stopCommandEnd(slot, nil), within: .zero)
    case 2:
      let status: WaitStatus = random.pick([.exited(1), .signalled(.terminate)])
      schedule(.stopCommandEnd(slot, status), within: patience)
    default: schedule(.stopCommandEnd(slot, .exited(0)), within: patience)
    }
    signal(pid, .terminate)
  }

  /// What was to be heard of it is not heard any more.
  mutating func endStopCommand(_ slot: Slot) {
    coming.removeAll { item in
      guard case .stopCommandEnd(slot, _) = item.happening else { return false }
      return true
    }
  }

  mutating func startProbe(_ slot: Slot, health: Bool) {
    let program = configuration.programs[slot]
    let isAwaited = !health && program.ready?.isAwaited ?? false
    if probes[slot] != nil { brokenRule = "p\(slot): a program never has two tests at once." }
    serials += 1
    probes[slot] = serials
    let isWell = random.chance(characters[slot].wellness)
    // Its own word comes or does not; everything else fails.
    if isAwaited, !isWell || random.chance(20) { return }
    if random.chance(10) { return }
    let failure: ProbeFailure = random.pick([
      .errno(111), .http(503), .ended(.exited(1)), .notMade(11),
    ])
    let pause: Nanoseconds = random.pick([.zero, .milliseconds(3), .milliseconds(3), .seconds(6)])
    schedule(
      .probeAnswer(slot, serial: serials, isWell ? nil : failure), within: pause)
  }

  mutating func stopProbe(_ slot: Slot) {
    if probes[slot] == nil { brokenRule = "p\(slot): no test is ended that is not there." }
    probes[slot] = nil
  }

  /// To all of the tree that did not get it yet.
  mutating func signalTree(_ slot: Slot, _ signal: Signal, again: Bool) {
    for index in processes.indices where (processes[index].slot ?? processes[index].tree) == slot {
      let told = processes[index].told
      guard told != .kill, again || told != signal else { continue }
      processes[index].told = signal
      self.signal(processes[index].pid, signal)
    }
  }

  /// COMMAND's end is that of its process alone.
  func endsAsWhole(_ slot: Slot) -> Bool {
    let program = configuration.programs[slot]
    return program.stoptree || (program.stopasgroup || program.killasgroup) && slot != command?.slot
  }

  /// To all of the group of a program's process, which is told by another call.
  mutating func signalGroup(_ slot: Slot?, _ signal: Signal) {
    for process in processes where process.tree == slot && slot != nil {
      self.signal(process.pid, signal)
    }
  }

  /// Answers `Action.checkTree` and `checkGroup`.
  mutating func checkTree(_ slot: Slot) -> Event {
    guard hasTree(slot) else {
      awaitedTrees.remove(slot)
      return .treeGone(slot)
    }
    awaitedTrees.insert(slot)
    return .treeLeft(slot)
  }

  /// Whether a process that the slot's program started is not reaped yet.
  func hasTree(_ slot: Slot) -> Bool { processes.contains { $0.tree == slot } }

  mutating func treeMayBeGone(_ slot: Slot) {
    guard awaitedTrees.contains(slot), !hasTree(slot) else { return }
    schedule(.treeGone(slot), within: .zero)
  }

  mutating func branch(_ slot: Slot) {
    let character = characters[slot]
    let serial = add(slot: nil, stubborn: character.stubborn, unkillable: character.unkillable)
    processes[processes.count - 1].tree = slot
    if random.chance(50) {
      schedule(.death(serial: serial, .exited(0)), within: .seconds(30))
    }
  }

  /// When a program starts another process.
  mutating func branching() -> Nanoseconds {
    random.pick([.milliseconds(1), .seconds(1), .seconds(20)])
  }
}
