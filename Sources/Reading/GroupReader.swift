import Basics
import Configuration

/// `[group:x]` as it stands in the files.
final class GroupSpecification {
  let name: ByteString
  let priority: Int32
  var members: [ByteString] = []
  var place: Place

  init(name: ByteString, priority: Int32, place: Place) {
    self.name = name
    self.priority = priority
    self.place = place
  }
}

extension Reader {
  /// Reads all `[group:x]`. A program that two of them name, or none defines, is an error.
  func readGroups() -> [GroupSpecification] {
    var groups: [GroupSpecification] = []
    let defined = definedPrograms()
    for section in sections.sections where section.kind == .group {
      guard let name = section.ownName else { continue }
      let names = names.forSection()
      names.groupName = name
      let values = SectionValues(.group)
      evaluateAll(values, section, names)
      checkOptions(section, .group)
      let group = GroupSpecification(
        name: name, priority: values.int32("priority"), place: section.place)
      if let text = values.text("programs") {
        group.place = values.place("programs") ?? section.place
        group.members = namesBetweenCommas(text)
      } else if values.setting("programs") == nil {
        faults.warn(
          section.place, message("group {q} is empty: it has no programs=NAME,NAME", name))
      }
      checkMembers(group, among: groups, defined)
      if isName(name) { groups.append(group) }
    }
    return groups
  }

  /// Drops the members that are in error.
  private func checkMembers(
    _ group: GroupSpecification, among others: [GroupSpecification], _ defined: NameIndex
  ) {
    var good: [ByteString] = []
    for member in group.members {
      if good.contains(member) {
        faults.error(
          group.place, message("cannot take program {q} twice into group {q}", member, group.name))
      } else if let other = owner(of: member, among: others) {
        faults.error(
          group.place,
          message(
            """
            cannot take program {q} into group {q}: it is in group {q} already (line \
            {})
            """, member, group.name, other.name, decimal(other.place.line)))
      } else if defined.find(member) != nil {
        good.append(member)
      } else {
        let near = hint(member, among: defined.names)
        faults.error(
          group.place,
          message("cannot find program {q} of group {q}", member, group.name) + near.question)
      }
    }
    group.members = good
  }

  private func owner(
    of member: ByteString, among groups: [GroupSpecification]
  ) -> GroupSpecification? {
    for group in groups where group.members.contains(member) { return group }
    return nil
  }

  /// What a group may name: programs, and fcgi-programs, though these do not run.
  private func definedPrograms() -> NameIndex {
    var names: [ByteString] = []
    for section in sections.sections {
      if section.kind == .program || section.kind == .fcgiProgram, let name = section.ownName {
        names.append(name)
      }
    }
    return NameIndex(names)
  }
}
