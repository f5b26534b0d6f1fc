import Basics
import Configuration

/// How the names of sections begin, in the order of `SectionKind`, and what else is one of the last;
/// with a colon where an own name stands behind it.
private let sectionWords: Literal = """
  program: | swinit | group: | include | eventlistener: | fcgi-program: | unix_http_server \
  | inet_http_server | supervisorctl | rpcinterface: | supervisord
  """

extension SectionKind {
  /// The kind of a section by its name, where it is one that swinit knows. That the name behind the
  /// colon is good is another question.
  @inline(never)
  package init?(word: ByteString, hasOwnName: Bool) {
    var reader = TableReader(sectionWords)
    var number: UInt8 = 0
    while !reader.isAtEnd {
      let known = reader.field().withoutColon
      if word == known.text, known.hadColon || !hasOwnName {
        self = SectionKind(rawValue: number) ?? .globals
        return
      }
      number += 1
    }
    guard word.equals("supervisor"), !hasOwnName else { return nil }
    self = .globals
  }
}

/// The known section whose name is most like this one; what stands behind the colon stays.
@inline(never)
func nearestSection(word: ByteString, ownName: ByteString?, name whole: ByteString) -> NearestName {
  var nearest = NearestName(to: ownName == nil ? word : whole)
  var reader = TableReader(sectionWords)
  while !reader.isAtEnd {
    let known = reader.field()
    guard known.withoutColon.hadColon == (ownName != nil) else { continue }
    var name = ByteString(known)
    if let ownName { name.append(ownName) }
    nearest.consider(name)
  }
  return nearest
}

extension FixedText {
  fileprivate var withoutColon: (text: FixedText, hadColon: Bool) {
    guard count > 0, start[count - 1] == UInt8(ascii: ":") else { return (self, false) }
    return (FixedText(start: start, count: count - 1), true)
  }
}
