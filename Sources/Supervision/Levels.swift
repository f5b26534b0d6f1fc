import Configuration

/// The order of start and stop.
///
/// A level is a pair of group priority and program priority. Levels start in ascending order and
/// stop in descending order; the programs of one level belong together. Among equals the order is
/// that of the configuration.
struct Levels: Sendable {
  /// All slots, level by level, ascending.
  let order: [Slot]
  /// `order[bounds[l] ..< bounds[l + 1]]` is level l.
  let bounds: [Int]
  /// The level of each slot.
  let level: [Int32]

  var count: Int { bounds.count - 1 }

  init(_ configuration: Configuration) {
    // Both priorities in one integer, the group's above the program's, so that integers sort.
    let rank = configuration.programs.map { program in
      Int64(configuration.groups[program.group].priority) << 32
        + (Int64(program.priority) - Int64(Int32.min))
    }
    let order = rank.indices.sorted { left, right in
      rank[left] == rank[right] ? left < right : rank[left] < rank[right]
    }
    var bounds: [Int] = []
    var level = [Int32](repeating: 0, count: rank.count)
    for (index, slot) in order.enumerated() {
      if index == 0 || rank[order[index - 1]] != rank[slot] { bounds.append(index) }
      level[slot] = Int32(bounds.count - 1)
    }
    bounds.append(order.count)
    self.order = order
    self.bounds = bounds
    self.level = level
  }

  func slots(of level: Int) -> ArraySlice<Slot> { order[bounds[level]..<bounds[level + 1]] }
}
