import Configuration
import Init
import Linux

/// Reads the configuration that a command line names, or the default one.
func loadConfiguration(
  _ paths: [ByteString], strict: Bool, wantsReport: Bool
) -> LoadResult {
  let environment = inheritedEnvironment().map { ByteString($0) }
  let request = LoadRequest(
    paths: paths.isEmpty ? [defaultPath(environment)] : paths, environment: environment,
    hostName: ByteString(hostName()), strict: strict, wantsReport: wantsReport)
  return load(request, from: SystemSource())
}

/// Whether `swinit -- COMMAND` has programs to run beside COMMAND: Supervisor's files are not looked
/// for then, since an image that has one also has a supervisord that was meant to read it.
func hasConfiguration() -> Bool {
  if let path = environmentValue("SWINIT_CONF"), !path.isEmpty { return true }
  return (try? isDirectory(ownPlace.bytes)) != nil
}

private let ownPlace: ByteString = "/etc/swinit/conf.d"

/// SWINIT_CONF, else the first that is there of swinit's own directory and Supervisor's files; if
/// none is, swinit's own, so that the message names the place where it belongs.
private func defaultPath(_ environment: [ByteString]) -> ByteString {
  for entry in environment where entry.hasPrefix("SWINIT_CONF=") && entry.count > 12 {
    return entry.dropping(12)
  }
  let places: [ByteString] = [
    ownPlace, "/etc/supervisord.conf", "/etc/supervisor/supervisord.conf",
  ]
  for place in places where (try? isDirectory(place.bytes)) != nil { return place }
  return places[0]
}
