import Basics
import Configuration
import Reading

/// What is looked for beside errors and warnings.
public struct CheckScope: Sendable {
  /// Lines that work but bite in a container, and a report.
  public var advises = false
  /// With it: the report keeps the values of every process. false: they are only looked at.
  public var keepsValues = true
  /// What Supervisor would do differently.
  public var wantsDifferences = false

  public init() {}
}

public struct CheckResult: Sendable {
  /// Only to be run when there are no errors.
  public var configuration: Configuration
  /// All of all files, in the order of the files and their lines.
  public var faults: [Fault]
  /// nil: it was not asked for.
  public var report: Report?
  /// From Supervisor, when they were asked for; in the same order.
  public var differences: [Fault]

  public var hasErrors: Bool {
    for fault in faults where fault.severity == .error { return true }
    return false
  }
}

/// Reads a configuration and judges it.
public func judge<Source: ConfigurationSource>(
  _ request: LoadRequest, _ wanted: CheckScope, from source: Source
) -> CheckResult {
  let checker = wanted.advises || wanted.wantsDifferences ? Checker(wanted) : nil
  let (result, reader) = load(request, from: source, observer: checker)
  return CheckResult(
    configuration: result.configuration, faults: result.faults, report: checker?.report,
    differences: checker?.differences.faults(files: reader.files) ?? [])
}

/// Looks at each section as it is read.
final class Checker: ReadingObserver {
  private let wanted: CheckScope
  private(set) var report: Report?
  /// From Supervisor.
  var differences = FaultList()
  /// The values of each process, in the order of reading.
  private var processes: [[Report.Value]] = []

  init(_ wanted: CheckScope) {
    self.wanted = wanted
    report = wanted.advises ? Report() : nil
  }

  func globalsWereRead(
    _ values: SectionValues, environment: ByteString, _ setting: Value?, by reader: Reader
  ) {
    report?.globals = reader.reportGlobals(values, environment, setting)
  }

  func programWasRead(_ values: SectionValues, _ section: Section, by reader: Reader) {
    if wanted.advises { reader.advise(values) }
    if wanted.wantsDifferences { tellDifferences(values, section, reader) }
  }

  func processWasMade(_ program: Program, _ values: SectionValues, by reader: Reader) {
    guard wanted.advises, wanted.keepsValues else { return }
    processes.append(reader.reportValues(values, program))
  }

  func allWasRead(by reader: Reader) {
    for number in reader.readingOrder where number < processes.count {
      report?.programs.append(processes[number])
    }
    if wanted.wantsDifferences { tellGlobalDifferences(reader) }
  }
}
