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
    for section in sections.sections where sectionKind(of: section) == .group {
      guard let name = section.nameParts.rest, isName(name) else { continue }
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
      checkMembers(&group, among: groups)
      groups.append(group)
    }
    return groups
  }

  /// Drops the members that are in error.
  private mutating func checkMembers(
    _ group: inout GroupSpecification, among others: [GroupSpecification]
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
      } else if isDefined("program", member) || isDefined("fcgi-program", member) {
        good.append(member)
      } else {
        var near = NearestName(to: member)
        for section in sections.sections where sectionKind(of: section) == .program {
          if let name = section.nameParts.rest { near.consider(name) }
        }
        faults.error(
          group.place,
          "cannot find program \(member.quoted) of group \(group.name.quoted)" + near.question)
      }
    }
    group.members = good
  }

  private func isDefined(_ kind: StaticString, _ name: ByteString) -> Bool {
    for section in sections.sections {
      let (word, rest) = section.nameParts
      if word == kind, rest == name { return true }
    }
    return false
  }
}
