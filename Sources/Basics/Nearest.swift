/// How many letters are wrong, missing, too many or swapped; nil when more than `limit`.
///
/// Both words are cut at 64 bytes: longer ones are no options, and the work stays bounded.
public func editDistance(_ left: ByteString, _ right: ByteString, limit: Int) -> Int? {
  let (a, b) = (left.slice(0, 64).bytes, right.slice(0, 64).bytes)
  if abs(a.count - b.count) > limit { return nil }
  var beforeLast: [Int] = []
  var last: [Int] = []
  for j in 0...b.count { last.append(j) }
  var leastOfLast = 0
  for i in 0..<a.count {
    var row = [i + 1]
    var least = i + 1
    for j in 0..<b.count {
      var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        best = min(best, beforeLast[j - 1] + 1)
      }
      row.append(best)
      least = min(least, best)
    }
    // No later row can come below the least of this one and the one before.
    if min(least, leastOfLast) > limit { return nil }
    leastOfLast = least
    (beforeLast, last) = (last, row)
  }
  return last[b.count] <= limit ? last[b.count] : nil
}

/// Looks for the candidate that is most like a word.
public struct NearestName {
  private let word: ByteString
  private var distance: Int
  public private(set) var name: ByteString?

  public init(to word: ByteString) {
    self.word = word.lowercased
    // A third of the letters, three at most: `autostrat` finds autostart, `foo` finds nothing.
    distance = min(3, word.count / 3) + 1
  }

  @inline(never)
  public mutating func consider(_ candidate: ByteString) {
    if abs(candidate.count - word.count) >= distance { return }
    guard let found = editDistance(word, candidate.lowercased, limit: distance - 1) else { return }
    distance = found
    name = candidate
  }

  /// `; did you mean NAME?` for the end of a message, or nothing.
  @inline(never)
  public var question: ByteString {
    guard let name else { return ByteString() }
    return message("; did you mean {q}?", name)
  }
}
