import Basics
import Configuration

/// The dependencies, found by what is depended on.
struct Dependents: Sendable {
  private let all: [Dependency]
  /// `all[bounds[s] ..< bounds[s + 1]]` are those that wait for slot s; empty: nobody waits.
  private let bounds: [Int32]

  /// - Parameter order: all slots in the order of their first starts; who waits for the same goes in
  ///   this order too.
  init(_ configuration: Configuration, order: [Slot]) {
    if configuration.dependencies.isEmpty {
      (all, bounds) = ([], [])
      return
    }
    var rank = [Int](repeating: 0, count: order.count)
    for (index, slot) in order.enumerated() { rank[slot] = index }
    let ranked = Self.sorted(configuration.dependencies, order.count) { rank[$0.dependent] }
    (all, bounds) = Self.sorted(ranked.all, order.count) { $0.on }
  }

  /// By a key below `count`; those of one key stay in their order. `all[bounds[k] ..< bounds[k + 1]]`
  /// have key k.
  private static func sorted(
    _ dependencies: [Dependency], _ count: Int, by key: (Dependency) -> Int
  ) -> (all: [Dependency], bounds: [Int32]) {
    var bounds = [Int32](repeating: 0, count: count + 1)
    for one in dependencies { bounds[key(one) + 1] += 1 }
    for index in 1..<bounds.count { bounds[index] += bounds[index - 1] }
    var all = dependencies
    var next = bounds
    for one in dependencies {
      all[Int(next[key(one)])] = one
      next[key(one)] += 1
    }
    return (all, bounds)
  }

  func of(_ slot: Slot) -> ArraySlice<Dependency> {
    if bounds.isEmpty { return [] }
    return all[Int(bounds[slot])..<Int(bounds[slot + 1])]
  }
}
