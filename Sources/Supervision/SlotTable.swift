import Basics
import Configuration

/// Which program each living process belongs to: a hash table of fixed size.
///
/// There is at most one process for each program, so the table is made twice as large as that and
/// never grows. Collisions go to the next free place (linear probing); taking one out moves those
/// back that were pushed on, so nothing is left behind however many processes come and go.
struct SlotTable: Sendable {
  private var pids: [ProcessID]
  private var slots: [Int32]
  private let mask: Int
  private(set) var count = 0

  init(capacity: Int) {
    var size = 8
    while size < 2 * capacity { size *= 2 }
    pids = Array(repeating: 0, count: size)
    slots = Array(repeating: 0, count: size)
    mask = size - 1
  }

  /// Pids are handed out one after the other: they spread well as they are.
  private func home(_ pid: ProcessID) -> Int { Int(pid) & mask }

  /// Where the pid stands, or the free place where it would.
  private func place(_ pid: ProcessID) -> Int {
    var place = home(pid)
    while pids[place] != 0, pids[place] != pid { place = (place + 1) & mask }
    return place
  }

  subscript(pid: ProcessID) -> Slot? {
    guard pid > 0 else { return nil }
    let place = place(pid)
    return pids[place] == pid ? Slot(slots[place]) : nil
  }

  /// A pid that stands there already is given to the new slot. One table never holds more than
  /// half of its places: the caller has one process for each program.
  mutating func insert(_ pid: ProcessID, _ slot: Slot) {
    guard pid > 0, count < mask else { return }
    let place = place(pid)
    if pids[place] == 0 { count += 1 }
    pids[place] = pid
    slots[place] = Int32(slot)
  }

  @discardableResult
  mutating func remove(_ pid: ProcessID) -> Slot? {
    guard let slot = self[pid] else { return nil }
    var hole = place(pid)
    pids[hole] = 0
    count -= 1
    var next = (hole + 1) & mask
    while pids[next] != 0 {
      // It may move back into the hole unless its home lies between the hole and itself.
      if (next - home(pids[next])) & mask >= (next - hole) & mask {
        pids[hole] = pids[next]
        slots[hole] = slots[next]
        pids[next] = 0
        hole = next
      }
      next = (next + 1) & mask
    }
    return slot
  }
}
