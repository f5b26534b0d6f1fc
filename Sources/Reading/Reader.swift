import Basics
import Configuration

/// Looks at the values of each section as it is read. `check` is one; a running swinit has none, and
/// pays for none.
package protocol ReadingObserver: AnyObject {
  /// - Parameters:
  ///   - environment: The variables of all global sections, each ended by a NUL.
  ///   - setting: The last of the global `environment=`.
  func globalsWereRead(
    _ values: SectionValues, environment: ByteString, _ setting: Value?, by reader: Reader)
  /// The values are those of the section's first process.
  func programWasRead(_ values: SectionValues, _ section: Section, by reader: Reader)
  /// The processes of all programs come in the order of reading: see `Reader.readingOrder`.
  func processWasMade(_ program: Program, _ values: SectionValues, by reader: Reader)
  func allWasRead(by reader: Reader)
}

/// All sections -> a Configuration. Knows no files and makes no system call: what the outside
/// world says about names of users is asked afterwards.
package final class Reader {
  package let request: LoadRequest
  let observer: (any ReadingObserver)?
  /// As `Place.file` counts them.
  package var files: [ByteString] = []
  package var sections = SectionList()
  /// Global options of the command line.
  package var overrides: [Entry] = []
  /// `[DEFAULT]`: what every section has that does not say it itself.
  package var defaults: Section?
  package var faults = FaultList()
  /// Where the line would stand that belongs to swinit itself.
  package var globalPlace: Place? {
    for section in sections.sections where section.kind == .globals { return section.place }
    return sections.sections.first?.place
  }

  package var names: ExpansionNames
  /// `--strict` or `strict=true`.
  package var isStrict: Bool
  package var globals = GlobalValues()
  package var configuration = Configuration()
  /// The number of each process in the order of reading; as `Configuration.programs`.
  package var readingOrder: [Int] = []
  /// Processes that were made so far.
  var readings = 0
  /// Of all programs so far, made or not.
  package var processCount: Int64 = 0
  package var hasTooManyProcesses = false
  /// Values that ask for a user.
  package var users: [Value] = []
  /// How many words were looked up among those that may be meant.
  package var comparisons = 0
  /// The values of `groups`.
  package var groupLists: [Value] = []
  /// Hosts that tests connect to, by name and place.
  var hosts: [Wait] = []

  package init(_ request: LoadRequest, _ observer: (any ReadingObserver)?) {
    self.request = request
    self.observer = observer
    names = ExpansionNames(hostName: request.hostName, inherited: request.environment)
    isStrict = request.strict
  }

  /// Where a file lies, for `%(here)s` and relative includes.
  @inline(never)
  package func directory(of file: Int) -> ByteString {
    guard file < files.count, let slash = files[file].lastIndex(of: UInt8(ascii: "/")) else {
      return "."
    }
    return slash == 0 ? "/" : files[file].slice(0, slash)
  }
}

extension Reader {
  /// The name that may be meant, as long as there were not too many such words.
  package func hint(_ word: ByteString, among names: [ByteString]) -> NearestName {
    var near = NearestName(to: word)
    if comparisons >= FaultList.mostComparisons { return near }
    comparisons += names.count
    for name in names { near.consider(name) }
    return near
  }

  package func hint(_ word: ByteString, in options: [Option]) -> NearestName {
    if comparisons >= FaultList.mostComparisons { return NearestName(to: word) }
    comparisons += options.count
    return nearest(word, in: options)
  }
}
