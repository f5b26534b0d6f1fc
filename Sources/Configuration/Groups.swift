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
          section.place, message("cannot make group {q}: programs=NAME,NAME is missing", name))
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
          group.place, message("cannot take program {q} twice into group {q}", member, group.name))
      } else if let other = others.first(where: { $0.members.contains(member) }) {
        faults.error(
          group.place,
          message(
            """
            cannot take program {q} into group {q}: it is in group {q} already (line \
            {})
            """, member, group.name, other.name, decimal(Int64(other.place.line))))
      } else if defined.find(member) != nil {
        good.append(member)
      } else {
        var near = NearestName(to: member)
        for name in defined.names { near.consider(name) }
        faults.error(
          group.place,
          message("cannot find program {q} of group {q}", member, group.name) + near.question)
      }
    }
    group.members = good
  }

  /// What a group may name: programs, and fcgi-programs, though these do not run.
  private func definedPrograms() -> NameIndex {
    var names: [ByteString] = []
    for section in sections.sections {
      guard let kind = sectionKind(of: section), kind == .program || kind == .fcgiProgram,
        let name = section.nameParts.rest
      else { continue }
      names.append(name)
    }
    return NameIndex(names, Array(names.indices))
  }
}
