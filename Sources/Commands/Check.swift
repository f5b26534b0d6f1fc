import Configuration
import Linux
import Supervision

/// Reads and judges the configuration, starts nothing: 0, or 78 when there are errors.
///
/// Errors and warnings go to stderr, one a line, sorted as they stand in the files; the effective
/// programs, or all of it as JSON, or what Supervisor would do differently, to stdout.
func check(_ paths: [ByteString], strict: Bool, json: Bool, fromSupervisor: Bool) -> UInt8 {
  let loaded = loadConfiguration(
    paths, strict: strict, wantsReport: true, wantsDifferences: fromSupervisor)
  say(loaded.faults, to: .standardError)
  if loaded.hasErrors { return ExitCode.configuration.rawValue }
  if json {
    if let report = loaded.report {
      Output.print(report.json(loaded.configuration, loaded.faults))
    }
  } else if fromSupervisor {
    say(loaded.differences, to: .standardOutput)
  } else {
    Output.print(loaded.configuration.listing(runs: nextRuns(loaded.configuration)))
  }
  return ExitCode.fine.rawValue
}

@inline(never)
private func say(_ faults: [Fault], to file: FileDescriptor) {
  for fault in faults { Output.print(fault.text, to: file) }
}

/// As the programs: when those with a schedule run.
private func nextRuns(_ configuration: Configuration) -> [ByteString] {
  let now = WallTime(seconds: wallNow())
  let zone = Zone { localOffset(at: $0) }
  var runs: [ByteString] = []
  for program in configuration.programs {
    var text = ByteString()
    if let schedule = program.schedule {
      text = "runs"
      if schedule.isCalendar {
        var time = now
        for index in 0..<3 {
          time = schedule.next(after: time, in: zone)
          text += (index == 0 ? " " : ", ") + localText(of: time, in: zone)
        }
      } else {
        text += message(" every {} s", decimal(schedule.period.count / 1_000_000_000))
      }
    }
    runs.append(text)
  }
  return runs
}
