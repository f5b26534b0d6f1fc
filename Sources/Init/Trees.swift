import Basics
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
/// reap it, which happens between two listings and never during one (`isListing`). So each listing
/// comes after such a reaping, and nothing is polled. What was forked behind the back of a listing is
/// found by the next one.
///
/// The stop signal goes to each process once, parents first, so that no shell goes on to its next
/// command when its child has ended; what a process starts afterwards to clean up is not disturbed
/// before the program's own process is gone. SIGKILL goes round until a listing shows nobody who did
/// not get it; a process that has a SIGKILL cannot fork, so each round finds fewer. Signals go
/// through a pidfd, and only when the start time is still the one of the listing: never to a
/// stranger with the same pid. Nobody is stopped with SIGSTOP first: parents would see it.
///
/// Ten thousand processes must not hold up everybody else: a turn of the loop reads and signals no more
/// than `workOfATurn` of them, and goes on in the next turn. All trees share one listing. A tree whose
/// question came after a listing had begun waits for the next one.
struct Trees {
  /// Processes that are read in one turn. A signal counts as two, for it costs twice the time. On a
  /// usual machine this is about 20 ms.
  private static let workOfATurn = 1024
  /// Turns in which others are reaped first, before a tree is looked after. Where thousands have
  /// ended at once one listing is then enough; where they never stop to end it comes all the same.
  private static let patience = 64

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
    /// Who gets it next, the first of them last.
    var untold: [ProcessEntry] = []
    /// All that were seen in the last listing, and may live.
    var known = ProcessSet([])
    /// The program's own process is gone, the core waits for the others.
    var isAwaited = false
    /// Its signal is still to be sent to those that a listing shows.
    var isUnsent = false
    /// The number of the first listing that counts for it.
    var wanted = 0

    init(_ slot: Slot) { self.slot = slot }
  }

  private var trees: [Tree] = []
  private var listing: ProcessListing?
  /// Of the listing that is going on, or of the next.
  private var number = 0
  /// A tree waits for a listing that has not begun.
  private var needsListing = false
  /// Of the work of this turn.
  private var left = workOfATurn
  /// A process of a tree that is awaited was reaped.
  private var someEnded = false
  private var turnsSince = 0
  /// Nothing is left of them, and the core does not know it yet.
  private var gone: [Slot] = []
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

  /// A listing is going on over several turns: nobody is to be reaped before it is complete.
  var isListing: Bool { listing != nil }

  /// Work is left for this turn or the next.
  var isDue: Bool {
    if listing != nil || needsListing || !gone.isEmpty || someEnded { return true }
    for tree in trees where !tree.untold.isEmpty { return true }
    return false
  }

  /// The turn has its own share of work.
  mutating func beginTurn() { left = Self.workOfATurn }

  mutating func started(_ slot: Slot, _ pid: ProcessID) {
    guard let tree = tree(slot) else { return }
    tree.root = pid
    tree.signal = nil
    tree.told = []
    tree.untold = []
    tree.known = ProcessSet([])
    tree.isAwaited = false
    tree.isUnsent = false
  }

  /// A child of ours was reaped.
  mutating func ended(_ pid: ProcessID) {
    for tree in trees where tree.isAwaited && !someEnded && tree.known.contains(pid: pid) {
      someEnded = true
      turnsSince = 0
    }
  }

  /// Before `send`. Whether the program's own process is to get the signal now, which is sent to it
  /// as its options want it.
  func begin(_ signal: Signal, to slot: Slot, again: Bool) -> Bool {
    guard let tree = tree(slot), again || tree.signal != signal else { return false }
    tree.signal = signal
    tree.told = []
    tree.untold = []
    return true
  }

  /// Sends the tree's signal to all but the program's own process, in this turn or the next ones.
  mutating func send(to slot: Slot, _ owner: (ProcessEntry) -> Owner) {
    guard let tree = tree(slot), tree.signal != nil else { return }
    tree.isUnsent = true
    want(tree)
    proceed(owner)
  }

  /// Whether anything may be left of the tree of a program whose own process is gone. `look` tells
  /// later when nothing is.
  mutating func check(_ slot: Slot, _ owner: (ProcessEntry) -> Owner) -> Bool {
    guard let tree = tree(slot) else { return false }
    tree.isAwaited = true
    want(tree)
    proceed(owner)
    for index in gone.indices where gone[index] == slot {
      gone.remove(at: index)
      return false
    }
    return true
  }

  /// Goes on with all who are awaited or still get a signal; those of whom nothing is left any more.
  ///
  /// - Parameter othersWait: More children have ended, and are reaped first.
  mutating func look(othersWait: Bool, _ owner: (ProcessEntry) -> Owner) -> [Slot] {
    turnsSince += 1
    if hasFailed || someEnded && (!othersWait || turnsSince > Self.patience) {
      hasFailed = false
      someEnded = false
      for tree in trees where tree.isAwaited || tree.isUnsent { want(tree) }
    }
    proceed(owner)
    let all = gone
    gone = []
    return all
  }

  private mutating func want(_ tree: Tree) {
    tree.wanted = listing == nil ? number : number + 1
    needsListing = true
  }

  /// Does the work of this turn: sends what is to be sent, goes on with the listing, begins the next.
  @inline(never)
  private mutating func proceed(_ owner: (ProcessEntry) -> Owner) {
    while left > 0 {
      for tree in trees where !tree.untold.isEmpty { tell(tree) }
      if left <= 0 { return }
      if listing == nil, !needsListing { return }
      do throws(Errno) {
        if listing == nil {
          needsListing = false
          listing = try ProcessListing()
        }
        // Never without any work, so that no endless row of short listings is made in one turn.
        left -= max(1, try listing?.read(left) ?? 0)
      } catch {
        listing = nil
        hasFailed = true
        return
      }
      guard let complete = listing, complete.isComplete else { return }
      listing = nil
      number += 1
      for tree in trees {
        if !tree.isUnsent && !tree.isAwaited { continue }
        if tree.wanted < number {
          apply(complete.entries, to: tree, owner)
        } else {
          needsListing = true
        }
      }
    }
  }

  /// Sees in a whole listing who is left of a tree and who is still to get its signal.
  private mutating func apply(
    _ entries: [ProcessEntry], to tree: Tree, _ owner: (ProcessEntry) -> Owner
  ) {
    let isUnsent = tree.isUnsent
    tree.isUnsent = false
    if entries.isEmpty, isUnsent, let signal = tree.signal, tree.root > 1, isChild(tree.root) {
      // The session's own group is all that can be named, and only while its leader lives: later the
      // number may be a stranger's.
      try? sendSignal(signal.number, to: -tree.root)
    }
    let found: [ProcessEntry]
    do throws(Errno) {
      found = try find(tree, entries, owner)
    } catch {
      tree.isUnsent = isUnsent
      hasFailed = true
      return
    }
    if tree.isAwaited, found.isEmpty {
      tree.isAwaited = false
      gone.append(tree.slot)
      return
    }
    guard tree.signal != nil else { return }
    let told = ProcessSet(tree.told)
    tree.untold = []
    for entry in found where !entry.isZombie && owner(entry) == .nobody && !told.contains(entry) {
      tree.untold.append(entry)
    }
    tree.untold.reverse()
    // A process that had no SIGKILL when it was seen may have forked since.
    if tree.signal == .kill, !tree.untold.isEmpty {
      tree.isUnsent = true
      want(tree)
    }
  }

  /// Sends the tree's signal to those who did not get it, as far as this turn goes. A process that
  /// cannot be looked at gets it after the next listing.
  @inline(never)
  private mutating func tell(_ tree: Tree) {
    guard let signal = tree.signal else { return }
    while left > 0, let entry = tree.untold.popLast() {
      left -= 2
      do throws(Errno) {
        try send(signal, to: entry)
      } catch {
        // Who is gone is gone, and who may not be signalled never will be (no CAP_KILL). Anything else
        // passes: the next listing finds it again.
        if error != .noProcess, error != .permission {
          tree.isUnsent = true
          hasFailed = true
          continue
        }
      }
      tree.told.append(entry)
    }
  }

  /// To this process, and to no other one that has its pid now.
  private func send(_ signal: Signal, to entry: ProcessEntry) throws(Errno) {
    if let handle = try? ProcessDescriptor(entry.pid) {
      defer { handle.descriptor.close() }
      var isKnown = true
      do throws(Errno) {
        if try readProcessEntry(entry.pid)?.start != entry.start { return }
      } catch {
        // The handle may have been the last free descriptor.
        isKnown = false
      }
      if isKnown { return try handle.send(signal.number, to: entry.pid) }
    }
    // A kernel that has no pidfds, or no descriptor for one.
    if try readProcessEntry(entry.pid)?.start == entry.start {
      try sendSignal(signal.number, to: entry.pid)
    }
  }

  /// The processes of a tree, parents before their children. Costs O(n log n) for n processes.
  @inline(never)
  private func find(
    _ tree: Tree, _ entries: [ProcessEntry], _ owner: (ProcessEntry) -> Owner
  ) throws(Errno) -> [ProcessEntry] {
    let own = processID()
    // A session's number is nobody else's pid while somebody is in it; afterwards it may be.
    var isSession = tree.root > 1
    for entry in entries where entry.pid == tree.root {
      isSession = owner(entry) == .program(tree.slot)
    }
    let known = tree.known
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
    for orphan in rest where orphan.parent == own {
      if try marks.bears(orphan.pid, tree.slot) != true { continue }
      var family = [orphan]
      children.add(to: &family)
      // It has ended and is not reaped yet; the processes below it when that was read are not.
      if !orphan.isZombie || family.count > 1 { found += family }
    }
    tree.known = ProcessSet(found)
    return found
  }
}
