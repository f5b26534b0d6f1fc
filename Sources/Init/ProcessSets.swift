import Basics
import Configuration
import Linux
import Supervision

/// Processes by pid and start time.
struct ProcessSet {
  /// By pid.
  private var entries: [ProcessEntry] = []

  @inline(never)
  init(_ list: [ProcessEntry]) {
    var keys: [SortKey] = []
    for entry in list { keys.append(SortKey(first: Int(entry.pid))) }
    for index in ascendingOrder(of: keys) { entries.append(list[index]) }
  }

  func contains(pid: ProcessID) -> Bool {
    let index = firstIndex(of: pid)
    return index < entries.count && entries[index].pid == pid
  }

  @inline(never)
  func contains(_ entry: ProcessEntry) -> Bool {
    var low = firstIndex(of: entry.pid)
    // One pid may stand here twice, with two start times.
    while low < entries.count, entries[low].pid == entry.pid {
      if entries[low].start == entry.start { return true }
      low += 1
    }
    return false
  }

  private func firstIndex(of pid: ProcessID) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].pid < pid { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Processes by their parents.
struct Children {
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

/// The processes that have `ancestor` above them, however far. Children of what is among them come
/// later in the list. Costs O(n log n) for n processes in the namespace.
@inline(never)
func descendants(of ancestor: ProcessID) -> [ProcessEntry] {
  let entries = allProcesses()
  guard let first = entries.first(where: { $0.pid == ancestor }) else { return [] }
  var found = [first]
  var children = Children(entries)
  children.add(to: &found)
  found.removeFirst()
  return found
}
