import Configuration
import Linux

/// Reads and judges the configuration, starts nothing: 0, or 78 when there are errors.
///
/// Errors and warnings go to stderr, one a line, sorted as they stand in the files; the effective
/// programs, or all of it as JSON, to stdout.
func check(_ paths: [ByteString], strict: Bool, json: Bool) -> UInt8 {
  let loaded = loadConfiguration(paths, strict: strict, wantsReport: true)
  for fault in loaded.faults { Output.print(fault.text, to: .standardError) }
  if loaded.hasErrors { return ExitCode.configuration.rawValue }
  if json {
    if let report = loaded.report {
      Output.print(report.json(loaded.configuration, loaded.faults))
    }
  } else {
    Output.print(loaded.configuration.listing())
  }
  return ExitCode.fine.rawValue
}
