/// One `key=value` of a section.
final class Entry {
  /// In lower case.
  let key: ByteString
  /// Comments removed, lines joined by newlines, no blanks at the ends. Not yet expanded.
  let value: ByteString
  /// The line of the key.
  let place: Place

  init(key: ByteString, value: ByteString, place: Place) {
    self.key = key
    self.value = value
    self.place = place
  }
}

/// All that was said under one section name, in whatever files. A class, as most of what the loader
/// hands around: what is passed on is a reference, and all arrays of references share their code.
final class Section {
  /// Case and all, as between the brackets.
  let name: ByteString
  /// nil: one that swinit does not know.
  let kind: SectionKind?
  /// Where it stood first.
  var place: Place
  var entries: [Entry] = []

  init(name: ByteString, place: Place) {
    self.name = name
    self.place = place
    let colon = name.firstIndex(of: UInt8(ascii: ":"))
    kind = SectionKind(word: name.slice(0, colon ?? name.count), hasOwnName: colon != nil)
  }

  /// The last entry of a key counts.
  @inline(never)
  func set(_ entry: Entry) {
    for index in entries.indices where entries[index].key == entry.key {
      entries[index] = entry
      return
    }
    entries.append(entry)
  }

  @inline(never)
  func entry(_ key: FixedText) -> Entry? {
    for entry in entries where entry.key == key { return entry }
    return nil
  }

  /// The trimmed part behind the first colon of the name, if there is one. Made anew each time: one
  /// that is kept would stay behind in memory which otherwise is free once the files are read.
  @inline(never)
  var ownName: ByteString? {
    guard let colon = name.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    return name.dropping(colon + 1).trimmed
  }

  /// The name up to its first colon.
  @inline(never)
  var word: ByteString { name.slice(0, name.firstIndex(of: UInt8(ascii: ":")) ?? name.count) }
}

/// Sections in the order in which they were met. One that stands twice is one section.
struct SectionList {
  private(set) var sections: [Section] = []
  /// Of the names of the sections: most that differ do so here, and ten thousand sections are
  /// looked through ten thousand times.
  private var fingerprints: [UInt64] = []

  /// The index of the section of that name, which is made where there is none.
  mutating func index(of name: ByteString, place: Place) -> Int {
    let wanted = fingerprint(name)
    return index(of: name, wanted) ?? append(Section(name: name, place: place), wanted)
  }

  private func index(of name: ByteString, _ wanted: UInt64) -> Int? {
    for index in fingerprints.indices
    where fingerprints[index] == wanted && sections[index].name == name {
      return index
    }
    return nil
  }

  private mutating func append(_ section: Section, _ fingerprint: UInt64) -> Int {
    sections.append(section)
    fingerprints.append(fingerprint)
    return sections.count - 1
  }

  @inline(never)
  func section(_ name: Literal) -> Section? {
    for section in sections where section.name == name { return section }
    return nil
  }

  mutating func merge(_ other: SectionList) {
    for section in other.sections {
      let wanted = fingerprint(section.name)
      if let index = index(of: section.name, wanted) {
        for entry in section.entries { sections[index].set(entry) }
      } else {
        _ = append(section, wanted)
      }
    }
  }

  /// FNV-1a.
  private func fingerprint(_ name: ByteString) -> UInt64 {
    var word: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.bytes { word = (word ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return word
  }
}
