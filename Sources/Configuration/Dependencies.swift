// Who waits for whom: names -> `Configuration.dependencies`. A circle would be a container that
// never starts, so that it is an error here and nobody has to think of it later.

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

extension Reader {
  @inline(never)
  func readWaits(_ values: SectionValues) -> [Wait] {
    var waits: [Wait] = []
    if let text = values.text("depends_on"), let place = values.place("depends_on") {
      for name in parsePrograms(text) ?? [] {
        waits.append(Wait(name, untilEnd: false, place))
      }
    }
    if let text = values.text("dependent_startup_wait_for"),
      let place = values.place("dependent_startup_wait_for")
    {
      for wait in parseWaits(text, place) ?? [] { waits.append(wait) }
    }
    return waits
  }

  /// Once every process has its place.
  func resolveWaits(_ sections: [ProgramProcesses], _ index: NameIndex) {
    var groupNames: [ByteString] = []
    for group in configuration.groups { groupNames.append(group.name) }
    let groups = NameIndex(groupNames)
    var places: [Wait?] = []
    for _ in configuration.programs { places.append(nil) }
    for section in sections {
      var slot = section.firstSlot
      for wait in section.waits {
        guard let wait else {
          slot += 1
          continue
        }
        if slot < places.count { places[slot] = wait }
        resolve(wait, of: slot, sections, index, groups)
      }
    }
    if faults.errorCount == 0, !configuration.dependencies.isEmpty { refuseCircles(places) }
  }

  private func resolve(
    _ wait: Wait, of slot: Int, _ sections: [ProgramProcesses], _ index: NameIndex,
    _ groups: NameIndex
  ) {
    let targets = slots(named: wait.name, sections, index, groups)
    if targets.isEmpty, !isWithoutProcesses(wait.name, sections, index) {
      let near = hint(wait.name, among: index.names)
      faults.error(
        wait.place, message("cannot find program {q} to depend on", wait.name) + near.question)
    }
    guard slot < configuration.programs.count else { return }
    if configuration.programs[slot].schedule != nil {
      faults.error(wait.place, "cannot use depends_on with schedule=: a run waits for nothing")
      return
    }
    for target in targets {
      if configuration.programs[target].schedule != nil {
        faults.error(
          wait.place,
          message("cannot depend on {q}, which only its schedule starts", wait.name))
        return
      }
      if !configuration.programs[target].autostart, configuration.programs[slot].autostart {
        faults.error(
          wait.place,
          message(
            """
            cannot depend on {q}, which is not started by itself: write autostart=true there, or \
            autostart=false here
            """, wait.name))
        return
      }
      guard configuration.dependencies.count < Limit.dependencies else {
        faults.error(
          wait.place,
          message(
            "cannot keep more than {} dependencies between processes",
            decimal(Limit.dependencies)))
        return
      }
      configuration.dependencies.append(Dependency(slot, on: target, untilEnd: wait.untilEnd))
    }
  }

  /// A section is there, but makes no process: by its own mistakes, or with numprocs=0.
  private func isWithoutProcesses(
    _ name: ByteString, _ sections: [ProgramProcesses], _ index: NameIndex
  ) -> Bool {
    for part in name.split(at: UInt8(ascii: ":")) {
      if let found = index.find(part), sections[found].programs.isEmpty { return true }
    }
    return false
  }

  /// A program's processes; `GROUP:PROCESS`; `GROUP:*`, or the group's name alone.
  private func slots(
    named name: ByteString, _ sections: [ProgramProcesses], _ index: NameIndex,
    _ groups: NameIndex
  ) -> [Int] {
    if let found = index.find(name) {
      let section = sections[found]
      return Array(section.firstSlot..<(section.firstSlot + section.programs.count))
    }
    let parts = name.split(at: UInt8(ascii: ":"))
    guard let group = groups.find(parts[0]) else {
      return []
    }
    let isWhole = parts.count == 1 || parts[1] == "*"
    var slots: [Int] = []
    for slot in configuration.programs.indices
    where configuration.programs[slot].group == group
      && (isWhole || parts[1] == configuration.programs[slot].name)
    {
      slots.append(slot)
    }
    return slots
  }

  /// Takes out, again and again, what waits for nothing that is left. Where that changes nothing any
  /// more, a circle is left, and going from one to the next leads around it.
  private func refuseCircles(_ places: [Wait?]) {
    var isLeft = [Bool](repeating: true, count: places.count)
    while true {
      var waits = [Bool](repeating: false, count: places.count)
      for one in configuration.dependencies where isLeft[one.on] { waits[one.dependent] = true }
      var first = -1
      var isSettled = true
      for slot in places.indices where isLeft[slot] {
        if waits[slot] {
          if first < 0 { first = slot }
        } else {
          isLeft[slot] = false
          isSettled = false
        }
      }
      if first < 0 { return }
      if !isSettled { continue }
      let circle = circle(from: first, among: isLeft)
      var text = ByteString()
      for slot in circle {
        if !text.isEmpty { text += " -> " }
        text += configuration.displayName(configuration.programs[slot])
        isLeft[slot] = false
      }
      guard let start = circle.first, let wait = places[start] else { continue }
      faults.error(wait.place, message("cannot wait in a circle: {}", text))
    }
  }

  /// The first of it stands at its end again.
  private func circle(from start: Int, among isLeft: [Bool]) -> [Int] {
    var path: [Int] = [start]
    while let last = path.last {
      var next = -1
      for one in configuration.dependencies where one.dependent == last && isLeft[one.on] {
        next = one.on
      }
      if next < 0 { break }
      path.append(next)
      for index in 0..<(path.count - 1) where path[index] == next {
        path.removeFirst(index)
        return path
      }
    }
    return path
  }
}
