import Testing

@testable import Init
@testable import Linux

/// Processes by pid, by start time and by parent.
@Suite struct ProcessSetTests {
  private func entry(_ pid: Int32, parent: Int32 = 1, start: UInt64 = 5) -> ProcessEntry {
    ProcessEntry(pid: pid, parent: parent, session: 0, isZombie: false, start: start)
  }

  @Test func aReusedPidIsAnotherProcess() {
    let set = ProcessSet([entry(9), entry(3), entry(3, start: 8)])
    #expect(set.contains(entry(3)) && set.contains(entry(3, start: 8)) && set.contains(entry(9)))
    #expect(!set.contains(entry(3, start: 6)) && !set.contains(entry(4)))
    #expect(set.contains(pid: 3) && !set.contains(pid: 10))
    #expect(!ProcessSet([]).contains(pid: 1))
  }

  @Test func childrenComeAfterTheirParentsAndOnce() {
    var children = Children([
      entry(5, parent: 4), entry(4, parent: 2), entry(3, parent: 2), entry(8, parent: 7),
    ])
    var family = [entry(2)]
    children.add(to: &family)
    #expect(family.map(\.pid) == [2, 4, 3, 5])
    children.add(to: &family)
    #expect(family.count == 4)
  }
}
