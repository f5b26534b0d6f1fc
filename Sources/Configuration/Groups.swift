/// `[group:x]` as it stands in the files.
struct GroupSpecification {
  var name: ByteString
  var priority: Int32
  var members: [ByteString]
  var place: Place
}

extension Reader {
  /// Reads all `[group:x]`. A program that two of them name, or none defines, is an error.
  mutating func readGroups() -> [GroupSpecification] {
    var groups: [GroupSpecification] = []
    let defined = definedPrograms()
    for section in sections.sections where sectionKind(of: section) == .group {
      guard let name = section.nameParts.rest else { continue }
      var names = names
      names.groupName = name
      var values = SectionValues(.group)
      evaluateAll(&values, section, names)
      checkOptions(section, .group)
      var group = GroupSpecification(
        name: name, priority: values.int32("priority"), members: [], place: section.place)
      if let text = values.text("programs") {
        group.place = values.place("programs") ?? section.place
        group.members = namesBetweenCommas(text)
      } else if values.setting("programs") == nil {
        faults.error(
          section.place, "cannot make group \(name.quoted): programs=NAME,NAME is missing")
      }
      checkMembers(&group, among: groups, defined)
      if isName(name) { groups.append(group) }
    }
    return groups
  }

  /// Drops the members that are in error.
  private mutating func checkMembers(
    _ group: inout GroupSpecification, among others: [GroupSpecification], _ defined: NameIndex
  ) {
    var good: [ByteString] = []
    for member in group.members {
      if good.contains(member) {
        faults.error(
          group.place, "cannot take program \(member.quoted) twice into group \(group.name.quoted)")
      } else if let other = others.first(where: { $0.members.contains(member) }) {
        faults.error(
          group.place,
          "cannot take program \(member.quoted) into group \(group.name.quoted): it is in group"
            + " \(other.name.quoted) already (line \(other.place.line))")
      } else if defined.find(member) != nil {
        good.append(member)
      } else {
        var near = NearestName(to: member)
        for name in defined.names { near.consider(name) }
        faults.error(
          group.place,
          "cannot find program \(member.quoted) of group \(group.name.quoted)" + near.question)
      }
    }
    group.members = good
  }

  /// What a group may name: programs, and fcgi-programs, though these do not run.
  private func definedPrograms() -> NameIndex {
    var defined = NameIndex()
    for (index, section) in sections.sections.enumerated() {
      guard let kind = sectionKind(of: section), kind == .program || kind == .fcgiProgram,
        let name = section.nameParts.rest
      else { continue }
      defined.add(name, index)
    }
    defined.sort()
    return defined
  }
}

/// Names with a number each, found by halving.
struct NameIndex {
  private var entries: [(name: ByteString, number: Int)] = []

  var names: [ByteString] { entries.map { $0.name } }

  /// Of two of one name any may be found.
  mutating func add(_ name: ByteString, _ number: Int) { entries.append((name, number)) }
  /// Once, before the first `find`.
  mutating func sort() { entries.sort { $0.name < $1.name } }

  func find(_ name: ByteString) -> Int? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].name == name { return entries[middle].number }
      if entries[middle].name < name { low = middle + 1 } else { high = middle }
    }
    return nil
  }
}
