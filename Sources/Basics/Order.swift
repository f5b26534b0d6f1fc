/// What things are put in order by: two numbers, then a text, then where they stood before. One
/// kind of key for all that is sorted keeps the sort itself in the binary once.
public final class SortKey: Equatable {
  public let first: Int
  public let second: Int
  public let text: ByteString

  public init(first: Int = 0, second: Int = 0, text: ByteString = ByteString()) {
    self.first = first
    self.second = second
    self.text = text
  }

  public static func == (left: SortKey, right: SortKey) -> Bool {
    left.first == right.first && left.second == right.second && left.text == right.text
  }
}

/// The indices of the keys in ascending order.
@inline(never)
public func ascendingOrder(of keys: [SortKey]) -> [Int] {
  var order: [Int] = []
  for index in keys.indices { order.append(index) }
  // Merging runs of 1, 2, 4 …: never worse than n log n, and equal keys keep their places.
  var width = 1
  while width < order.count {
    var merged: [Int] = []
    var start = 0
    while start < order.count {
      let middle = min(start + width, order.count)
      let end = min(middle + width, order.count)
      var left = start
      var right = middle
      while left < middle || right < end {
        let takesRight =
          left == middle || (right < end && isBefore(keys[order[right]], keys[order[left]]))
        merged.append(order[takesRight ? right : left])
        if takesRight { right += 1 } else { left += 1 }
      }
      start = end
    }
    order = merged
    width *= 2
  }
  return order
}

@inline(never)
private func isBefore(_ left: SortKey, _ right: SortKey) -> Bool {
  if left.first != right.first { return left.first < right.first }
  if left.second != right.second { return left.second < right.second }
  return left.text < right.text
}

/// In byte order.
@inline(never)
public func sorted(_ names: [ByteString]) -> [ByteString] {
  var keys: [SortKey] = []
  for name in names { keys.append(SortKey(text: name)) }
  var result: [ByteString] = []
  for index in ascendingOrder(of: keys) { result.append(names[index]) }
  return result
}

/// Names that are found by halving.
public struct NameIndex {
  /// In byte order.
  public private(set) var names: [ByteString] = []
  private let order: [Int]

  public init(_ unsorted: [ByteString]) {
    var keys: [SortKey] = []
    for name in unsorted { keys.append(SortKey(text: name)) }
    order = ascendingOrder(of: keys)
    for index in order { names.append(unsorted[index]) }
  }

  /// The place of the name among those that were given; of two of one name any.
  @inline(never)
  public func find(_ name: ByteString) -> Int? {
    var low = 0
    var high = names.count
    while low < high {
      let middle = (low + high) / 2
      if names[middle] == name { return order[middle] }
      if names[middle] < name { low = middle + 1 } else { high = middle }
    }
    return nil
  }
}
