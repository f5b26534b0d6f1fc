/// The kind of a section by its name, where it is one that swinit knows. That its name is good is
/// another question.
@inline(never)
func sectionKind(of section: Section) -> SectionKind? {
  let (word, rest) = section.nameParts
  if rest == nil {
    if word.equals("swinit") || word.equals("supervisord")
      || word.equals("supervisor")
    {
      return .globals
    }
    if word.equals("include") { return .include }
    if word.equals("unix_http_server") { return .unixServer }
    if word.equals("inet_http_server") { return .inetServer }
    if word.equals("supervisorctl") { return .client }
  }
  if word.equals("program") { return .program }
  if word.equals("group") { return .group }
  if word.equals("eventlistener") { return .eventListener }
  if word.equals("fcgi-program") { return .fcgiProgram }
  if word.equals("rpcinterface") { return .rpcInterface }
  return nil
}

/// The known section whose name is most like this one; what stands behind the colon stays.
@inline(never)
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
