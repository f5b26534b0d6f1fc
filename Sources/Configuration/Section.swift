/// One `key=value` of a section.
struct Entry {
  /// In lower case.
  var key: ByteString
  /// Comments removed, lines joined by newlines, no blanks at the ends. Not yet expanded.
  var value: ByteString
  /// The line of the key.
  var place: Place
}

/// All that was said under one section name, in whatever files.
struct Section {
  /// Case and all, as between the brackets.
  var name: ByteString
  /// Where it stood first.
  var place: Place
  var entries: [Entry] = []

  /// The last entry of a key counts.
  @inline(never)
  mutating func set(_ entry: Entry) {
    for index in entries.indices where entries[index].key == entry.key {
      entries[index] = entry
      return
    }
    entries.append(entry)
  }

  @inline(never)
  func entry(_ key: ByteString) -> Entry? {
    for entry in entries where entry.key == key { return entry }
    return nil
  }

  /// The part before the first colon of the name, and the trimmed part behind it, if there is one.
  @inline(never)
  var nameParts: (kind: ByteString, rest: ByteString?) {
    guard let colon = name.bytes.firstIndex(of: UInt8(ascii: ":")) else { return (name, nil) }
    return (ByteString(name.bytes[..<colon]), name.dropping(colon + 1).trimmed)
  }
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
    for index in fingerprints.indices
    where fingerprints[index] == wanted && sections[index].name == name {
      return index
    }
    sections.append(Section(name: name, place: place))
    fingerprints.append(wanted)
    return sections.count - 1
  }

  mutating func set(_ entry: Entry, in index: Int) { sections[index].set(entry) }

  @inline(never)
  func section(_ name: StaticString) -> Section? {
    for section in sections where section.name == name { return section }
    return nil
  }

  mutating func merge(_ other: SectionList) {
    for section in other.sections {
      let target = index(of: section.name, place: section.place)
      for entry in section.entries { set(entry, in: target) }
    }
  }

  /// FNV-1a.
  private func fingerprint(_ name: ByteString) -> UInt64 {
    var word: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.bytes { word = (word ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return word
  }
}
