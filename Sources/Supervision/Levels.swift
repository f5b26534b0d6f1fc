import Basics
import Configuration

/// The order of start and stop.
///
/// A level is a pair of group priority and program priority. Levels start in ascending order and
/// stop in descending order; the programs of one level belong together. Among equals the order is
/// that of the configuration.
///
/// Dependencies count before priorities: a program is lifted to the level of what it depends on, and
/// where one level holds both, it is taken apart into several, so that each program is stopped
/// before what it depends on. What nobody of its level depends on is told first. The levels here are
/// those of the stop; the first starts go by priority alone, and each waits for its own.
struct Levels: Sendable {
  /// All slots in the order of their first starts.
  let order: [Slot]
  /// All slots, level by level, ascending.
  private let stopOrder: [Slot]
  /// `stopOrder[bounds[l] ..< bounds[l + 1]]` is level l.
  private let bounds: [Int]
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
    order = ascendingOrder(of: keys)
    keys = Self.stopKeys(keys, order, configuration.dependencies)
    let stopOrder = configuration.dependencies.isEmpty ? order : ascendingOrder(of: keys)
    var bounds: [Int] = []
    var level = [Int32](repeating: 0, count: keys.count)
    for (index, slot) in stopOrder.enumerated() {
      if index == 0 || keys[stopOrder[index - 1]] != keys[slot] { bounds.append(index) }
      level[slot] = Int32(bounds.count - 1)
    }
    bounds.append(stopOrder.count)
    self.stopOrder = stopOrder
    self.bounds = bounds
    self.level = level
  }

  func slots(of level: Int) -> ArraySlice<Slot> { stopOrder[bounds[level]..<bounds[level + 1]] }

  /// The keys with the dependencies worked in. Each round carries them on by one dependency at
  /// least, and no chain is longer than there are programs.
  private static func stopKeys(
    _ keys: [SortKey], _ order: [Slot], _ dependencies: [Dependency]
  ) -> [SortKey] {
    if dependencies.isEmpty { return keys }
    // Which of the priorities' levels a program is in, and how far down in it.
    var group = [Int](repeating: 0, count: keys.count)
    var step = [Int](repeating: 0, count: keys.count)
    for index in order.indices.dropFirst() {
      let isNext = keys[order[index]] != keys[order[index - 1]]
      group[order[index]] = group[order[index - 1]] + (isNext ? 1 : 0)
    }
    for _ in keys {
      var isSettled = true
      for one in dependencies where group[one.dependent] < group[one.on] {
        group[one.dependent] = group[one.on]
        isSettled = false
      }
      if isSettled { break }
    }
    for _ in keys {
      var isSettled = true
      for one in dependencies
      where group[one.dependent] == group[one.on] && step[one.on] <= step[one.dependent] {
        step[one.on] = step[one.dependent] + 1
        isSettled = false
      }
      if isSettled { break }
    }
    var result: [SortKey] = []
    for slot in keys.indices { result.append(SortKey(first: group[slot], second: -step[slot])) }
    return result
  }
}
