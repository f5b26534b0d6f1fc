import Basics
import Checking
import Configuration
import Init
import Linux
import Reading

/// Reads the configuration that a command line names, or the default one.
func loadConfiguration(_ paths: [ByteString], grace: ByteString?) -> LoadResult {
  load(loadRequest(paths.isEmpty ? [defaultPath()] : paths, grace: grace), from: SystemSource())
}

/// Reads it to judge it. An unknown user is only a warning: the image may be another machine.
func judgeConfiguration(
  _ paths: [ByteString], strict: Bool, grace: ByteString?, _ scope: CheckScope
) -> CheckResult {
  var request = loadRequest(paths.isEmpty ? [defaultPath()] : paths, grace: grace)
  request.strict = strict
  request.isElsewhere = true
  return judge(request, scope, from: SystemSource())
}

/// In our own surroundings.
///
/// - Parameter grace: the command line's, which counts before SWINIT_GRACE.
func loadRequest(_ paths: [ByteString], grace: ByteString? = nil) -> LoadRequest {
  var request = LoadRequest(
    paths: paths, environment: inheritedEnvironment().map { ByteString($0) },
    hostName: ByteString(hostName()))
  if let grace = grace ?? inheritedGrace() { request.overrides.append(("grace", grace)) }
  if grace == nil { request.overridesSource = "SWINIT_GRACE" }
  return request
}

/// SWINIT_GRACE, where it is set. A value that is no number of seconds is an error of the configuration,
/// which names the variable.
func inheritedGrace() -> ByteString? {
  guard let value = environmentValue("SWINIT_GRACE"), !value.isEmpty else { return nil }
  return ByteString(value)
}

/// COMMAND alone, with a grace.
func loadNothing(grace: ByteString?) -> LoadResult {
  load(loadRequest([], grace: grace), from: SystemSource())
}

/// Whether `swinit -- COMMAND` has programs to run beside COMMAND: Supervisor's files are not looked
/// for then, since an image that has one also has a supervisord that was meant to read it.
func hasConfiguration() -> Bool {
  if let path = environmentValue("SWINIT_CONF"), !path.isEmpty { return true }
  return mayBeThere(ownPlace)
}

/// A place that cannot be looked at counts as there: the message names it then.
private func mayBeThere(_ place: ByteString) -> Bool {
  do throws(Errno) {
    _ = try isDirectory(place.bytes)
    return true
  } catch {
    return error != .noEntry && error != .notDirectory
  }
}

private let ownPlace: ByteString = "/etc/swinit/conf.d"

/// SWINIT_CONF, else the first that is there of swinit's own directory and Supervisor's files; if
/// none is, swinit's own, so that the message names the place where it belongs.
private func defaultPath() -> ByteString {
  if let path = environmentValue("SWINIT_CONF"), !path.isEmpty { return ByteString(path) }
  let places: [ByteString] = [
    ownPlace, "/etc/supervisord.conf", "/etc/supervisor/supervisord.conf",
  ]
  for place in places where mayBeThere(place) { return place }
  return places[0]
}
