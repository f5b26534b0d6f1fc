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

  /// - Parameter command: the program that has the topmost level for itself.
  init(_ configuration: Configuration, command: Slot? = nil) {
    var keys: [SortKey] = []
    for program in configuration.programs {
      if keys.count == command {
        keys.append(SortKey(first: .max, second: .max))
        continue
      }
      let group = configuration.groups[program.group]
      keys.append(SortKey(first: Int(group.priority), second: Int(program.priority)))
    }
    let order = ascendingOrder(of: keys)
    var bounds: [Int] = []
    var level = [Int32](repeating: 0, count: keys.count)
    for (index, slot) in order.enumerated() {
      if index == 0 || keys[order[index - 1]] != keys[slot] { bounds.append(index) }
      level[slot] = Int32(bounds.count - 1)
    }
    bounds.append(order.count)
    self.order = order
    self.bounds = bounds
    self.level = level
  }

  func slots(of level: Int) -> ArraySlice<Slot> { order[bounds[level]..<bounds[level + 1]] }
}
