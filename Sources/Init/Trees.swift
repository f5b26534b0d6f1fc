import Configuration
import Linux
import Supervision

/// The processes of programs with `stoptree`: finds them, sends them signals, and tells when none is
/// left.
///
/// Which processes are a program's? Its own; those below them in the tree of parents; those of its
/// session; and of the orphans, which are our children like the programs, those who have the
/// program's mark, whatever session they made, with all that is below them. What was found once
/// stays known by its pid and start time. The mark is a pair of limits (`Marks`): the environment would
/// not do, since a daemon that shows a title of its own (nginx, postgres) writes over it. So only an
/// orphan escapes that has left the session and lowered just these limits. Without /proc there is only
/// the process group, as long as the program's own process lives.
///
/// A listing of /proc is no snapshot: processes fork and end meanwhile. That an empty one proves
/// nevertheless that none is left is for this reason: above every process of a tree whose own process
/// is gone stands an orphan that is our child, and stays in /proc, if only as a zombie, until we
/// reap it, which happens between two listings. So each listing comes after such a reaping, and
/// nothing is polled. What was forked behind the back of a listing is found by the next one.
///
/// The stop signal goes to each process once, parents first, so that no shell goes on to its next
/// command when its child has ended; what a process starts afterwards to clean up is not disturbed
/// before the program's own process is gone. SIGKILL goes round until a listing shows nobody who did
/// not get it; a process that has a SIGKILL cannot fork, so each round finds fewer. Signals go
/// through a pidfd, and only when the start time is still the one of the listing: never to a
/// stranger with the same pid. Nobody is stopped with SIGSTOP first: parents would see it.
///
/// A turn of the loop costs one listing, or `rounds` of them with a SIGKILL: each is in proportion to
/// the processes in the namespace.
struct Trees {
  /// Listings for one SIGKILL; what is left over is for the next turn.
  private static let rounds = 4

  /// Whose own process one is.
  enum Owner: Equatable {
    case program(Slot)
    /// The command of a test, or something in its session: it has the environment of its program, and
    /// is no part of it.
    case test
    case nobody
  }

  private final class Tree {
    let slot: Slot
    /// The process that was started last. It leads the session.
    var root: ProcessID = 0
    var signal: Signal?
    /// Who got `signal`.
    var told: [ProcessEntry] = []
    /// All that were ever seen, and may live.
    var known: [ProcessEntry] = []
    /// The program's own process is gone, the core waits for the others.
    var isAwaited = false
    /// Its signal was not sent: /proc could not be listed.
    var isUnsent = false

    init(_ slot: Slot) { self.slot = slot }
  }

  private var trees: [Tree] = []
  /// One of those that are awaited may be gone, or not have got its SIGKILL.
  private(set) var isDue = false
  /// /proc could not be listed: `look` is to be called again after a while.
  private(set) var hasFailed = false

  private let marks: Marks

  init(_ configuration: Configuration, _ marks: Marks) {
    self.marks = marks
    for slot in configuration.programs.indices where configuration.programs[slot].stoptree {
      trees.append(Tree(slot))
    }
  }

  private func tree(_ slot: Slot) -> Tree? {
    for tree in trees where tree.slot == slot { return tree }
    return nil
  }

  /// No program has `stoptree`. Asked before every call, so that the code of this file need not be in
  /// memory then.
  @inline(__always)
  var isEmpty: Bool { trees.isEmpty }

  mutating func started(_ slot: Slot, _ pid: ProcessID) {
    guard let tree = tree(slot) else { return }
    tree.root = pid
    tree.signal = nil
    tree.told = []
    tree.known = []
    tree.isAwaited = false
    tree.isUnsent = false
  }

  /// A child of ours was reaped.
  mutating func ended(_ pid: ProcessID) {
    for tree in trees where tree.isAwaited {
      for entry in tree.known where entry.pid == pid { isDue = true }
    }
  }

  /// Before `send`. Whether the program's own process is to get the signal now, which is sent to it
  /// as its options want it.
  func begin(_ signal: Signal, to slot: Slot, again: Bool) -> Bool {
    guard let tree = tree(slot), again || tree.signal != signal else { return false }
    tree.signal = signal
    tree.told = []
    return true
  }

  /// Sends the tree's signal to all but the program's own process.
  mutating func send(to slot: Slot, _ owner: (ProcessEntry) -> Owner) {
    guard let tree = tree(slot), let signal = tree.signal else { return }
    for _ in 0..<(signal == .kill ? Self.rounds : 1) {
      guard let entries = try? listProcesses() else {
        tree.isUnsent = true
        hasFailed = true
        return
      }
      if entries.isEmpty {
        // The session's own group is all that can be named, and only while its leader lives: later the
        // number may be a stranger's.
        if tree.root > 1, isChild(tree.root) { try? sendSignal(signal.number, to: -tree.root) }
        return
      }
      if !tell(tree, find(tree, entries, owner), owner) { return }
    }
    if signal == .kill { isDue = true }
  }

  /// Whether anything is left of the tree of a program whose own process is gone.
  mutating func check(_ slot: Slot, _ owner: (ProcessEntry) -> Owner) -> Bool {
    guard let tree = tree(slot) else { return false }
    guard let entries = try? listProcesses() else {
      // Nobody knows; `look` will tell.
      tree.isAwaited = true
      hasFailed = true
      return true
    }
    tree.isAwaited = !find(tree, entries, owner).isEmpty
    return tree.isAwaited
  }

  /// Looks after all who are awaited; those of whom nothing is left any more.
  mutating func look(_ owner: (ProcessEntry) -> Owner) -> [Slot] {
    isDue = false
    hasFailed = false
    for tree in trees where tree.isUnsent {
      tree.isUnsent = false
      send(to: tree.slot, owner)
    }
    var gone: [Slot] = []
    guard let entries = try? listProcesses() else {
      hasFailed = true
      return gone
    }
    for tree in trees where tree.isAwaited {
      let found = find(tree, entries, owner)
      if found.isEmpty {
        tree.isAwaited = false
        gone.append(tree.slot)
      } else if tell(tree, found, owner), tree.signal == .kill {
        isDue = true
      }
    }
    return gone
  }

  /// Sends the tree's signal to those who did not get it. False: there was nobody.
  @inline(never)
  private func tell(_ tree: Tree, _ found: [ProcessEntry], _ owner: (ProcessEntry) -> Owner) -> Bool
  {
    guard let signal = tree.signal else { return false }
    let told = ProcessSet(tree.told)
    var someTold = false
    for entry in found where !entry.isZombie && owner(entry) == .nobody {
      if told.contains(entry) { continue }
      tree.told.append(entry)
      someTold = true
      guard let handle = try? ProcessDescriptor(entry.pid) else {
        // A kernel without pidfds.
        try? sendSignal(signal.number, to: entry.pid)
        continue
      }
      if processEntry(entry.pid)?.start == entry.start {
        try? handle.send(signal.number, to: entry.pid)
      }
      handle.descriptor.close()
    }
    return someTold
  }

  /// The processes of a tree, parents before their children. Costs O(n log n) for n processes.
  @inline(never)
  private func find(
    _ tree: Tree, _ entries: [ProcessEntry], _ owner: (ProcessEntry) -> Owner
  ) -> [ProcessEntry] {
    let own = processID()
    // A session's number is nobody else's pid while somebody is in it; afterwards it may be.
    var isSession = tree.root > 1
    for entry in entries where entry.pid == tree.root {
      isSession = owner(entry) == .program(tree.slot)
    }
    let known = ProcessSet(tree.known)
    var found: [ProcessEntry] = []
    var rest: [ProcessEntry] = []
    for entry in entries where entry.pid != own {
      switch owner(entry) {
      case .program(tree.slot): found.append(entry)
      case .nobody:
        let isFound = isSession && entry.session == tree.root || known.contains(entry)
        if isFound { found.append(entry) } else { rest.append(entry) }
      case .program, .test: continue
      }
    }
    var children = Children(rest)
    children.add(to: &found)
    for orphan in rest where orphan.parent == own && marks.bears(orphan.pid, tree.slot) == true {
      var family = [orphan]
      children.add(to: &family)
      // It has ended and is not reaped yet; the processes below it when that was read are not.
      if !orphan.isZombie || family.count > 1 { found += family }
    }
    tree.known = found
    return found
  }
}

/// Processes by pid and start time.
private struct ProcessSet {
  /// By pid.
  private var entries: [ProcessEntry] = []

  @inline(never)
  init(_ list: [ProcessEntry]) {
    var keys: [SortKey] = []
    for entry in list { keys.append(SortKey(first: Int(entry.pid))) }
    for index in ascendingOrder(of: keys) { entries.append(list[index]) }
  }

  @inline(never)
  func contains(_ entry: ProcessEntry) -> Bool {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].pid < entry.pid { low = middle + 1 } else { high = middle }
    }
    // One pid may stand here twice, with two start times.
    while low < entries.count, entries[low].pid == entry.pid {
      if entries[low].start == entry.start { return true }
      low += 1
    }
    return false
  }
}

/// Processes by their parents.
private struct Children {
  private var entries: [ProcessEntry] = []
  /// As `entries`: it is in a list already.
  private var isTaken: [Bool] = []

  @inline(never)
  init(_ list: [ProcessEntry]) {
    var keys: [SortKey] = []
    for entry in list { keys.append(SortKey(first: Int(entry.parent))) }
    for index in ascendingOrder(of: keys) { entries.append(list[index]) }
    isTaken = Array(repeating: false, count: list.count)
  }

  /// Adds those whose parent is in the list, and theirs; each once.
  @inline(never)
  mutating func add(to list: inout [ProcessEntry]) {
    var next = 0
    while next < list.count {
      let parent = list[next].pid
      next += 1
      var (low, high) = (0, entries.count)
      while low < high {
        let middle = (low + high) / 2
        if entries[middle].parent < parent { low = middle + 1 } else { high = middle }
      }
      while low < entries.count, entries[low].parent == parent {
        if !isTaken[low] {
          isTaken[low] = true
          list.append(entries[low])
        }
        low += 1
      }
    }
  }
}
