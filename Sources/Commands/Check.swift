import Configuration
import Linux

/// What `swinit check` is asked for.
struct CheckRequest {
  var paths: [ByteString] = []
  var strict = false
  var json = false
  /// The timetable of a stop.
  var stop = false
  /// Instead of the configuration's.
  var grace: ByteString?
}

/// Reads and judges the configuration, starts nothing: 0, or 78 when there are errors.
///
/// Errors and warnings go to stderr, one a line, sorted as they stand in the files; the effective
/// programs, all of it as JSON, or the timetable of a stop, to stdout.
func check(_ request: CheckRequest) -> UInt8 {
  let loaded = loadConfiguration(
    request.paths, strict: request.strict, wantsReport: true, grace: request.grace)
  for fault in loaded.faults { Output.print(fault.text, to: .standardError) }
  if loaded.hasErrors { return ExitCode.configuration.rawValue }
  if request.stop {
    checkStop(loaded.configuration)
  } else if request.json {
    if let report = loaded.report {
      Output.print(report.json(loaded.configuration, loaded.faults))
    }
  } else {
    Output.print(loaded.configuration.listing())
  }
  return ExitCode.fine.rawValue
}
