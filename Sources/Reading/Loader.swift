// Paths -> files -> sections. The only part of the loader that meets the outside world, and so the
// only one that is generic over it.

import Basics
import Configuration

/// Reads all files of the request and makes the configuration of them.
///
/// - Returns: The configuration, and everything that is wrong with any of the files. With errors
///   among it the configuration holds what could be understood, and must not be run.
public func load<Source: ConfigurationSource>(
  _ request: LoadRequest, from source: Source
) -> LoadResult {
  load(request, from: source, observer: nil).result
}

/// As above, and tells the observer of all that is read.
package func load<Source: ConfigurationSource>(
  _ request: LoadRequest, from source: Source, observer: (any ReadingObserver)?
) -> (result: LoadResult, reader: Reader) {
  var loader = Loader(request: request, source: source, observer: observer)
  return (loader.run(), loader.reader)
}

private struct Loader<Source: ConfigurationSource> {
  private let request: LoadRequest
  private let source: Source
  let reader: Reader
  /// The normal forms of what was read, as `reader.files`.
  private var filesRead: [ByteString] = []

  init(request: LoadRequest, source: Source, observer: (any ReadingObserver)?) {
    self.request = request
    self.source = source
    reader = Reader(request, observer)
  }

  mutating func run() -> LoadResult {
    for path in request.paths {
      switch source.kind(of: path) {
      case .file: readFile(path, asked: nil, followsIncludes: true)
      case .directory: readDirectory(path)
      case .missing(let reason):
        reader.faults.error(
          place(of: path), message("cannot read {q}: {}", path, reason))
      }
    }
    if !request.overrides.isEmpty {
      let place = place(of: request.overridesSource)
      for (key, value) in request.overrides {
        reader.overrides.append(Entry(key: key, value: value.withoutExpansions, place: place))
      }
    }
    reader.run()
    checkUsers()
    checkHosts()
    return LoadResult(
      configuration: reader.configuration, faults: reader.faults.faults(files: reader.files))
  }

  /// A place for a fault of a whole file or directory.
  private mutating func place(of path: ByteString) -> Place {
    reader.files.append(path)
    filesRead.append(ByteString())
    return Place(file: reader.files.count - 1, line: 0)
  }

  /// The fragments of a directory in byte order.
  private mutating func readDirectory(_ path: ByteString) {
    let names: [ByteString]
    switch source.entries(of: path) {
    case .failed(let reason):
      reader.faults.error(
        place(of: path), message("cannot read directory {q}: {}", path, reason))
      return
    case .names(let all): names = sorted(all)
    }
    var isEmpty = true
    for name in names where isFragment(name) {
      isEmpty = false
      readFile(joined(path, name), asked: nil, followsIncludes: true)
    }
    if isEmpty {
      reader.faults.warn(
        place(of: path), "there is no *.conf or *.ini file in this directory, nothing will run")
    }
  }

  /// `asked`: the line of the `[include]` that asks for it.
  @inline(never)
  private mutating func readFile(_ path: ByteString, asked: Place?, followsIncludes: Bool) {
    let normal = normalized(path)
    if filesRead.contains(normal) {
      reader.faults.warn(
        asked ?? place(of: path), message("{q} was read already, ignoring it here", path))
      return
    }
    let bytes: [UInt8]
    switch source.read(path, limit: Limit.file) {
    case .bytes(let contents): bytes = contents
    case .tooLarge: return refuseSize(of: path)
    case .failed(let reason):
      reader.faults.error(
        asked ?? place(of: path), message("cannot read {q}: {}", path, reason))
      return
    }
    if bytes.count > Limit.file { return refuseSize(of: path) }
    reader.files.append(path)
    filesRead.append(normal)
    let file = reader.files.count - 1
    let sections = FileParser.parse(bytes, file: file, &reader.faults)
    reader.sections.merge(sections)
    if let include = sections.section("include") { follow(include, followsIncludes) }
  }

  private mutating func refuseSize(of path: ByteString) {
    reader.faults.error(
      place(of: path),
      message(
        "cannot read this file: it has more than the {} bytes that are allowed",
        decimal(Limit.file)))
  }

  private mutating func follow(_ include: Section, _ followsIncludes: Bool) {
    guard followsIncludes else {
      reader.faults.warn(
        include.place,
        "[include] in a file that is itself included has no effect, as in Supervisor")
      return
    }
    guard let entry = include.entry(FixedText("files")) else {
      reader.faults.error(include.place, "cannot follow [include]: files= is missing")
      return
    }
    guard let option = SectionKind.include.option("files"),
      let text = reader.expand(entry, option, reader.names)
    else { return }
    let patterns = text.wordsBetweenBlanks
    if patterns.isEmpty {
      reader.faults.error(entry.place, "cannot follow [include]: files= is empty")
    }
    for pattern in patterns {
      let full =
        pattern.hasPrefix("/")
        ? pattern : joined(reader.directory(of: entry.place.file), pattern)
      switch source.matches(of: full) {
      case .failed(let reason):
        reader.faults.error(
          entry.place, message("cannot follow [include] files {q}: {}", full, reason))
      case .names(let paths):
        if paths.isEmpty {
          reader.faults.warn(entry.place, message("[include] files {q} matches no file", full))
        }
        for path in sorted(paths) { readFile(path, asked: entry.place, followsIncludes: false) }
      }
    }
  }

  /// Who is not known cannot be the user of a program: that program, and perhaps half of the container,
  /// would never come up. `check` may run where the image's users are not.
  private mutating func checkUsers() {
    var known: [ByteString] = []
    for setting in reader.users {
      guard let user = setting.text, let place = setting.entry?.place, !known.contains(user) else {
        continue
      }
      let parts = user.split(at: UInt8(ascii: ":"))
      if source.userIsKnown(user) {
        known.append(user)
      } else if !source.userIsKnown(parts[0]) {
        sayUnknown("user", parts[0], "/etc/passwd", isGroup: false, place)
      } else {
        sayUnknown("group", parts[parts.count - 1], "/etc/group", isGroup: true, place)
      }
    }
    for setting in reader.groupLists {
      guard let text = setting.text, let place = setting.entry?.place else { continue }
      for group in namesBetweenCommas(text) where group != "inherit" && !known.contains(group) {
        if source.groupIsKnown(group) {
          known.append(group)
        } else {
          sayUnknown("group", group, "/etc/group", isGroup: true, place)
        }
      }
    }
  }

  private mutating func sayUnknown(
    _ what: Literal, _ name: ByteString, _ file: Literal, isGroup: Bool, _ place: Place
  ) {
    if request.isElsewhere {
      return reader.faults.warn(
        place, fold: what, about: name,
        message(
          "cannot find {} {q} here: without it in {} swinit does not start",
          ByteString(what), name, ByteString(file)))
    }
    var near = NearestName(to: name)
    for candidate in source.accountNames(groups: isGroup) { near.consider(candidate) }
    reader.faults.error(
      place,
      message("cannot find {} {q} in {}", ByteString(what), name, ByteString(file)) + near.question)
  }
}

/// Other names would have to be asked of a DNS server, and nobody can wait for that here.
extension Loader {
  private func checkHosts() {
    for host in reader.hosts where !source.hostIsKnown(host.name) {
      reader.faults.error(
        host.place,
        message(
          """
          cannot connect to host {q}: it is no address and not in /etc/hosts, and other names \
          cannot be looked up without waiting (exec:COMMAND can do that)
          """, host.name))
    }
  }
}

/// `*.conf` and `*.ini`, but for hidden files; what editors and dpkg leave has other endings.
private func isFragment(_ name: ByteString) -> Bool {
  !name.hasPrefix(".") && (name.hasSuffix(".conf") || name.hasSuffix(".ini"))
}

private func joined(_ directory: ByteString, _ name: ByteString) -> ByteString {
  if directory.isEmpty || directory.equals(".") { return name }
  return directory.hasSuffix("/") ? directory + name : directory + "/" + name
}

/// Without `.`, `..` and doubled slashes, so that two spellings of a file are one. Symbolic links
/// are not looked at: a file that is read twice by two names does no harm.
private func normalized(_ path: ByteString) -> ByteString {
  var parts: [ByteString] = []
  for part in path.split(at: UInt8(ascii: "/")) {
    if part.isEmpty || part.equals(".") { continue }
    if part.equals(".."), let last = parts.last, !last.equals("..") {
      parts.removeLast()
    } else {
      parts.append(part)
    }
  }
  var result: ByteString = path.hasPrefix("/") ? "/" : ""
  var isFirst = true
  for part in parts {
    if !isFirst { result.append(byte: UInt8(ascii: "/")) }
    isFirst = false
    result.append(part)
  }
  return result
}
