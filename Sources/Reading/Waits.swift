import Basics
import Configuration

/// One name of `depends_on` or `dependent_startup_wait_for`.
final class Wait {
  let name: ByteString
  let untilEnd: Bool
  let place: Place

  init(_ name: ByteString, untilEnd: Bool, _ place: Place) {
    self.name = name
    self.untilEnd = untilEnd
    self.place = place
  }
}

/// The names between commas, `GROUP:NAME` and `GROUP:*` among them; nil when one is none.
@inline(never)
func parsePrograms(_ text: ByteString) -> [ByteString]? {
  let names = namesBetweenCommas(text)
  for name in names {
    let parts = name.split(at: UInt8(ascii: ":"))
    guard parts.count <= 2 else { return nil }
    for part in parts where !isName(part) { return nil }
  }
  return names.isEmpty ? nil : names
}

/// `NAME:running` and `NAME:exited`, separated by blanks; several states of one name by commas, and
/// then the first that can come counts.
@inline(never)
func parseWaits(_ text: ByteString, _ place: Place) -> [Wait]? {
  var waits: [Wait] = []
  for word in text.wordsBetweenBlanks {
    guard let colon = word.lastIndex(of: UInt8(ascii: ":")) else { return nil }
    var untilEnd = true
    let states = namesBetweenCommas(word.dropping(colon + 1).lowercased)
    if states.isEmpty { return nil }
    for state in states {
      if state == "running" {
        untilEnd = false
      } else if !state.equals("exited") {
        return nil
      }
    }
    guard let names = parsePrograms(word.slice(0, colon)), names.count == 1 else { return nil }
    waits.append(Wait(names[0], untilEnd: untilEnd, place))
  }
  return waits.isEmpty ? nil : waits
}
