import Testing

@testable import Basics
@testable import Supervision

@Suite struct SlotTableTests {
  /// Against a dictionary, with pids that collide as often as they can: they are drawn from few
  /// values, most of which share a home.
  @Test(arguments: 0..<200)
  func agreesWithADictionary(seed: UInt64) {
    var random = SplitMix64(state: seed)
    let capacity = 1 + random.below(12)
    var table = SlotTable(capacity: capacity)
    var model: [ProcessID: Slot] = [:]
    for _ in 0..<500 {
      let pid = ProcessID((1 + random.below(6)) * 32 + random.below(3))
      if random.chance(50), model.count < capacity || model[pid] != nil {
        let slot = random.below(capacity)
        table.insert(pid, slot)
        model[pid] = slot
      } else {
        #expect(table.remove(pid) == model.removeValue(forKey: pid))
      }
      #expect(table.count == model.count)
      for pid in model.keys { #expect(table[pid] == model[pid]) }
    }
  }

  @Test func whatIsNoPidIsNobodys() {
    var table = SlotTable(capacity: 1)
    table.insert(0, 0)
    table.insert(-1, 0)
    #expect(table.count == 0)
    #expect(table[0] == nil)
    #expect(table.remove(-1) == nil)
  }
}
