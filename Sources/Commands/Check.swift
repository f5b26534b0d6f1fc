import Basics
import Checking
import Configuration
import Init
import Linux
import Reading
import Supervision

/// What `swinit check` is asked for.
struct CheckRequest {
  var paths: [ByteString] = []
  var strict = false
  var json = false
  /// What Supervisor would do differently.
  var fromSupervisor = false
  /// The timetable of a stop.
  var stop = false
  /// Instead of the configuration's.
  var grace: ByteString?
}

/// Reads and judges the configuration, starts nothing: 0, or 78 when there are errors.
///
/// Errors and warnings go to stderr, one a line, sorted as they stand in the files; the effective
/// programs, all of it as JSON, the timetable of a stop, or what Supervisor would do differently, to
/// stdout.
func check(_ request: CheckRequest) -> UInt8 {
  // The timetable itself says what there is to say of a stop.
  var scope = CheckScope()
  scope.advises = !request.stop
  scope.keepsValues = request.json
  scope.wantsDifferences = request.fromSupervisor
  let loaded = judgeConfiguration(
    request.paths, strict: request.strict, grace: request.grace, scope)
  say(loaded.faults, to: .standardError)
  if loaded.hasErrors { return ExitCode.configuration.rawValue }
  if request.stop {
    checkStop(loaded.configuration)
  } else if request.json {
    if let report = loaded.report {
      Output.print(report.json(loaded.configuration, loaded.faults))
    }
  } else if request.fromSupervisor {
    say(loaded.differences, to: .standardOutput)
  } else {
    if let remark = remarkOnZone(loaded.configuration) {
      Output.print("warning: " + remark, to: .standardError)
    }
    let listing = loaded.configuration.listing(runs: nextRuns(loaded.configuration))
    Output.print(ByteString(listing).visibleLines.bytes)
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
    runs.append(program.schedule.map { text(of: $0, from: now, zone) } ?? "")
  }
  return runs
}

@inline(never)
private func text(of schedule: Schedule, from now: WallTime, _ zone: Zone) -> ByteString {
  if !schedule.isCalendar {
    return message("runs every {} s", decimal(schedule.period.count / 1_000_000_000))
  }
  let first = schedule.next(after: now, in: zone)
  let second = schedule.next(after: first, in: zone)
  let third = schedule.next(after: second, in: zone)
  return message(
    "runs {}, {}, {}", localText(of: first, in: zone), localText(of: second, in: zone),
    localText(of: third, in: zone))
}
