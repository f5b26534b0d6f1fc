import Basics
import Configuration

/// Where a line stands: the index of its file in the order of reading, and its number from 1.
package struct Place {
  package var file: Int
  /// 0: the file as a whole.
  package var line: Int
}

/// Gathers what is wrong. One mistake must not hide another one, so nothing stops at the first;
/// and a remark that many lines earn is made once, at the first of them, naming the others.
package struct FaultList {
  private final class Item {
    var place: Place
    let severity: Fault.Severity
    let message: ByteString
    /// Equal remarks of one file are folded; empty: never.
    let fold: ByteString
    var alsoLines: [Int] = []

    init(
      _ place: Place, _ severity: Fault.Severity, _ message: consuming ByteString,
      fold: consuming ByteString
    ) {
      self.place = place
      self.severity = severity
      self.message = message
      self.fold = fold
    }
  }
  private var items: [Item] = []
  package private(set) var errorCount = 0
  /// Remarks that were made; those that are folded into another one are not counted.
  private var remarkCount = 0

  /// So many errors, and so many remarks, are kept; the rest is counted. Whoever has more has one
  /// mistake, repeated.
  private static let most = 1000
  /// So many pairs of words are compared in all to find the names that may be meant. That is 200
  /// unknown options, or ten unknown programs among ten thousand.
  package static let mostComparisons = 100_000
  /// So many further lines are named; the rest is counted.
  private static let mostLinesNamed = 6

  package init() {}

  @inline(never)
  package mutating func error(_ place: Place, _ message: consuming ByteString) {
    errorCount += 1
    if errorCount > Self.most { return }
    // A value of [DEFAULT] is read for every section.
    for item in items
    where item.place.line == place.line && item.place.file == place.file && item.message == message
    {
      return
    }
    items.append(Item(place, .error, message, fold: ByteString()))
  }

  @inline(never)
  package mutating func warn(_ place: Place, _ message: consuming ByteString) {
    remarkCount += 1
    if remarkCount > Self.most { return }
    items.append(Item(place, .warning, message, fold: ByteString()))
  }

  package mutating func warn(_ place: Place, fold: Literal, _ message: consuming ByteString) {
    warn(place, fold: fold, about: ByteString(), message)
  }

  /// A remark that is the same for every line with this `fold` about the same thing.
  package mutating func warn(
    _ place: Place, fold: Literal, about detail: ByteString, _ message: consuming ByteString
  ) {
    var key = ByteString(fold)
    key.append(detail)
    add(place, .warning, message, fold: key)
  }

  /// Something that Supervisor does differently, folded by its words.
  package mutating func tell(_ place: Place, _ message: ByteString) {
    add(place, .difference, message, fold: message)
  }

  @inline(never)
  private mutating func add(
    _ place: Place, _ severity: Fault.Severity, _ message: consuming ByteString,
    fold: consuming ByteString
  ) {
    for item in items where item.place.file == place.file && item.fold == fold {
      let line = item.place.line
      if line == place.line { return }
      item.alsoLines.append(max(line, place.line))
      item.place.line = min(line, place.line)
      return
    }
    remarkCount += 1
    if remarkCount > Self.most { return }
    items.append(Item(place, severity, message, fold: fold))
  }

  /// In the order of the files and lines; each as a person reads it.
  package func faults(files: [ByteString]) -> [Fault] {
    var keys: [SortKey] = []
    for item in items { keys.append(SortKey(first: item.place.file, second: item.place.line)) }
    var faults: [Fault] = []
    for index in ascendingOrder(of: keys) {
      let item = items[index]
      let fault = Fault(
        item.severity, file: item.place.file < files.count ? files[item.place.file] : ByteString(),
        line: item.place.line, item.message + Self.also(item.alsoLines))
      faults.append(fault)
    }
    addCount(errorCount, .error, "errors", to: &faults)
    addCount(remarkCount, .warning, "warnings", to: &faults)
    return faults
  }

  /// What was not kept.
  private func addCount(
    _ count: Int, _ severity: Fault.Severity, _ what: Literal, to faults: inout [Fault]
  ) {
    guard count > Self.most, let file = faults.first?.file else { return }
    let text = message("{} more {} are not shown", decimal(count - Self.most), ByteString(what))
    faults.append(Fault(severity, file: file, line: 0, text))
  }

  /// ` (also line 12, 20, 31 and 4 more)`.
  private static func also(_ lines: [Int]) -> ByteString {
    if lines.isEmpty { return ByteString() }
    var keys: [SortKey] = []
    for line in lines { keys.append(SortKey(first: line)) }
    var text: ByteString = " (also line "
    var position = 0
    for index in ascendingOrder(of: keys) {
      if position == mostLinesNamed {
        text.append(message(" and {} more", decimal(lines.count - position)))
        break
      }
      if position > 0 { text.append(literal: ", ") }
      text.append(number: Int64(lines[index]))
      position += 1
    }
    text.append(byte: UInt8(ascii: ")"))
    return text
  }
}
