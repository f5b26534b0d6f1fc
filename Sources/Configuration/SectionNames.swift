/// The kind of a section by its name, where it is one that swinit knows. That its name is good is
/// another question.
func sectionKind(of section: Section) -> SectionKind? {
  let (word, rest) = section.nameParts
  if rest == nil {
    if word == ("swinit" as StaticString) || word == ("supervisord" as StaticString)
      || word == ("supervisor" as StaticString)
    {
      return .globals
    }
    if word == ("include" as StaticString) { return .include }
    if word == ("unix_http_server" as StaticString) { return .unixServer }
    if word == ("inet_http_server" as StaticString) { return .inetServer }
    if word == ("supervisorctl" as StaticString) { return .client }
  }
  if word == ("program" as StaticString) { return .program }
  if word == ("group" as StaticString) { return .group }
  if word == ("eventlistener" as StaticString) { return .eventListener }
  if word == ("fcgi-program" as StaticString) { return .fcgiProgram }
  if word == ("rpcinterface" as StaticString) { return .rpcInterface }
  return nil
}

/// The known section whose name is most like this one; what stands behind the colon stays.
func nearestSection(to section: Section) -> NearestName {
  let (word, rest) = section.nameParts
  var nearest = NearestName(to: section.name)
  if let rest {
    for kind: StaticString in ["program", "group", "eventlistener", "fcgi-program", "rpcinterface"]
    {
      nearest.consider(ByteString(kind) + ":" + rest)
    }
  } else {
    nearest = NearestName(to: word)
    for kind: StaticString in [
      "swinit", "supervisord", "include", "unix_http_server", "inet_http_server", "supervisorctl",
    ] {
      nearest.consider(ByteString(kind))
    }
  }
  return nearest
}
