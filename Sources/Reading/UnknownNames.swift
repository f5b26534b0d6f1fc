// Sections and options that swinit does not know, or knows elsewhere.

import Basics
import Configuration

extension Reader {
  func checkName(_ section: Section) {
    guard let kind = section.kind else {
      if section.name.equals("DEFAULT") { return }
      complain(
        section.place, isError: isStrict, fold: section.name,
        message("section [{s}]: there is none of that name", section.name)
          + section.nearest.question)
      return
    }
    if kind == .include { return checkOptions(section, kind) }
    guard kind.isNamed else { return }
    let name = section.ownName ?? ByteString()
    if name.isEmpty {
      faults.error(
        section.place,
        message("cannot read section [{s}]: write {}", section.name, ByteString(kind.title)))
    } else if kind != .rpcInterface, !isName(name) {
      faults.error(
        section.place,
        message("cannot use the name {q}: a name holds no blank, \":\" and \"/\"", name))
    }
  }

  /// Remarks on options that this kind of section does not have.
  package func checkOptions(_ section: Section, _ kind: SectionKind) {
    let isOwn = section.name.equals("swinit")
    for entry in section.entries where kind.option(entry.key) == nil {
      var fold = ByteString(kind.title)
      fold.append(entry.key)
      let reason =
        Self.kind(having: entry.key).map { message("it is an option of {}", title($0)) }
        ?? message("there is no such option{}", hint(entry.key, in: kind.allOptions).question)
      complain(
        entry.place, isError: isStrict || isOwn, fold: fold,
        message("{q} in [{s}]: ", entry.key, section.name) + reason)
    }
  }

  /// The kind of section that an option belongs to.
  @inline(never)
  private static func kind(having key: ByteString) -> SectionKind? {
    for kind in SectionKind.allCases where kind.option(key) != nil { return kind }
    return nil
  }

  /// As this configuration writes it.
  package func title(_ kind: SectionKind) -> ByteString {
    kind == .globals && sections.section("supervisord") != nil
      ? "[supervisord]" : ByteString(kind.title)
  }

  /// A warning or an error, in the same words.
  @inline(never)
  private func complain(
    _ place: Place, isError: Bool, fold: ByteString, _ message: ByteString
  ) {
    if isError {
      faults.error(place, "cannot accept " + message)
    } else {
      faults.warn(place, fold: "unknown", about: fold, "ignoring " + message)
    }
  }

  /// `[DEFAULT]` may hold options of any kind of section, and no others.
  func checkDefaults() {
    guard let defaults else { return }
    for entry in defaults.entries where Self.kind(having: entry.key) == nil {
      let near = hint(entry.key, in: SectionKind.program.options)
      complain(
        entry.place, isError: isStrict, fold: entry.key,
        message("{q} in [DEFAULT]: there is no such option", entry.key) + near.question)
    }
  }
}

extension SectionKind {
  /// Has a name behind a colon.
  package var isNamed: Bool {
    switch self {
    case .program, .group, .eventListener, .fcgiProgram, .rpcInterface: true
    case .globals, .include, .unixServer, .inetServer, .client: false
    }
  }
}
