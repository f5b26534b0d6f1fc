import Basics
import Configuration

/// One `key=value` of a section.
package final class Entry {
  /// In lower case.
  package let key: ByteString
  /// Comments removed, lines joined by newlines, no blanks at the ends. Not yet expanded.
  package let value: ByteString
  /// The line of the key.
  package let place: Place

  package init(key: ByteString, value: ByteString, place: Place) {
    self.key = key
    self.value = value
    self.place = place
  }
}

/// All that was said under one section name, in whatever files. A class, as most of what the loader
/// hands around: what is passed on is a reference, and all arrays of references share their code.
package final class Section {
  /// Case and all, as between the brackets.
  package let name: ByteString
  /// nil: one that swinit does not know.
  package let kind: SectionKind?
  /// Where it stood first.
  package var place: Place
  package private(set) var entries: [Entry] = []
  /// Of the keys of `entries`.
  private var keys = NameTable()

  package init(name: ByteString, place: Place) {
    self.name = name
    self.place = place
    let colon = name.firstIndex(of: UInt8(ascii: ":"))
    kind = SectionKind(word: name.slice(0, colon ?? name.count), hasOwnName: colon != nil)
  }

  /// The last entry of a key counts.
  @inline(never)
  package func set(_ entry: Entry) {
    if let index = keys.find(entry.key, { entries[$0].key == entry.key }) {
      entries[index] = entry
      return
    }
    keys.append(entry.key)
    entries.append(entry)
  }

  @inline(never)
  package func entry(_ key: FixedText) -> Entry? {
    for entry in entries where entry.key == key { return entry }
    return nil
  }

  /// The trimmed part behind the first colon of the name, if there is one. Made anew each time: one
  /// that is kept would stay behind in memory which otherwise is free once the files are read.
  @inline(never)
  package var ownName: ByteString? {
    guard let colon = name.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    return name.dropping(colon + 1).trimmed
  }

  /// The name up to its first colon.
  @inline(never)
  package var word: ByteString {
    name.slice(0, name.firstIndex(of: UInt8(ascii: ":")) ?? name.count)
  }
}

extension Section {
  /// The known section whose name is most like this one; the part behind the colon stays.
  package var nearest: NearestName { nearestSection(word: word, ownName: ownName, name: name) }
}

/// Sections in the order in which they were met. One that stands twice is one section.
package struct SectionList {
  package private(set) var sections: [Section] = []
  private var names = NameTable()

  /// The index of the section of that name, which is made where there is none.
  package mutating func index(of name: ByteString, place: Place) -> Int {
    index(of: name) ?? append(Section(name: name, place: place))
  }

  private func index(of name: ByteString) -> Int? {
    names.find(name) { sections[$0].name == name }
  }

  private mutating func append(_ section: Section) -> Int {
    sections.append(section)
    names.append(section.name)
    return sections.count - 1
  }

  @inline(never)
  package func section(_ name: Literal) -> Section? {
    for section in sections where section.name == name { return section }
    return nil
  }

  package mutating func merge(_ other: SectionList) {
    for section in other.sections {
      if let index = index(of: section.name) {
        for entry in section.entries { sections[index].set(entry) }
      } else {
        _ = append(section)
      }
    }
  }
}
