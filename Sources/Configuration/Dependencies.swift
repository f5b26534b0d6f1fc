// Who waits for whom: names -> `Configuration.dependencies`. A circle would be a container that
// never starts, so that it is an error here and nobody has to think of it later.

/// One name of `depends_on` or `dependent_startup_wait_for`.
struct Wait {
  var name: ByteString
  var untilEnd: Bool
  var place: Place
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
func parseWaits(_ text: ByteString) -> [(name: ByteString, untilEnd: Bool)]? {
  var waits: [(name: ByteString, untilEnd: Bool)] = []
  for word in text.wordsBetweenBlanks {
    guard let colon = word.lastIndex(of: UInt8(ascii: ":")) else { return nil }
    var untilEnd = true
    for state in namesBetweenCommas(word.dropping(colon + 1).lowercased) {
      if state == "running" {
        untilEnd = false
      } else if !state.equals("exited") {
        return nil
      }
    }
    guard let names = parsePrograms(word.slice(0, colon)), names.count == 1 else { return nil }
    waits.append((names[0], untilEnd))
  }
  return waits.isEmpty ? nil : waits
}

extension Reader {
  @inline(never)
  func readWaits(_ values: SectionValues) -> [Wait] {
    var waits: [Wait] = []
    if let text = values.text("depends_on"), let place = values.place("depends_on") {
      for name in parsePrograms(text) ?? [] {
        waits.append(Wait(name: name, untilEnd: false, place: place))
      }
    }
    if let text = values.text("dependent_startup_wait_for"),
      let place = values.place("dependent_startup_wait_for")
    {
      for (name, untilEnd) in parseWaits(text) ?? [] {
        waits.append(Wait(name: name, untilEnd: untilEnd, place: place))
      }
    }
    return waits
  }

  /// Once every process has its place.
  func resolveWaits(_ sections: [ProgramProcesses], _ index: NameIndex) {
    var places: [Place?] = []
    for _ in configuration.programs { places.append(nil) }
    for section in sections {
      for (number, waits) in section.waits.enumerated() {
        let slot = section.firstSlot + number
        guard number < section.programs.count, slot < places.count else { continue }
        for wait in waits {
          places[slot] = wait.place
          resolve(wait, of: slot, sections, index)
        }
      }
    }
    if faults.errorCount == 0 { refuseCircles(places) }
  }

  private func resolve(
    _ wait: Wait, of slot: Int, _ sections: [ProgramProcesses], _ index: NameIndex
  ) {
    let targets = slots(named: wait.name, sections, index)
    if targets.isEmpty {
      var near = NearestName(to: wait.name)
      for name in index.names { near.consider(name) }
      faults.error(
        wait.place, message("cannot find program {q} to depend on", wait.name) + near.question)
    }
    for target in targets {
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
      let dependency = Dependency(slot, on: target, untilEnd: wait.untilEnd)
      if !configuration.dependencies.contains(dependency) {
        configuration.dependencies.append(dependency)
      }
    }
  }

  /// A program's processes; `GROUP:PROCESS`; `GROUP:*`, or the group's name alone.
  private func slots(
    named name: ByteString, _ sections: [ProgramProcesses], _ index: NameIndex
  ) -> [Int] {
    if let found = index.find(name) {
      let section = sections[found]
      return Array(section.firstSlot..<(section.firstSlot + section.programs.count))
    }
    let parts = name.split(at: UInt8(ascii: ":"))
    var slots: [Int] = []
    for slot in configuration.programs.indices {
      let program = configuration.programs[slot]
      guard configuration.groups[program.group].name == parts[0] else { continue }
      if parts.count == 1 || parts[1] == "*" || parts[1] == program.name { slots.append(slot) }
    }
    return slots
  }

  /// Goes from each program to what it depends on, as deep as it goes, and names each circle once.
  private func refuseCircles(_ places: [Place?]) {
    var next: [[Int]] = []
    for _ in places { next.append([]) }
    for dependency in configuration.dependencies {
      next[dependency.dependent].append(dependency.on)
    }
    var isDone = [Bool](repeating: false, count: next.count)
    for start in next.indices {
      var path = [start]
      while let last = path.last {
        guard !isDone[last], let on = next[last].popLast() else {
          isDone[last] = true
          path.removeLast()
          continue
        }
        if isDone[on] { continue }
        guard let first = path.firstIndex(of: on) else {
          path.append(on)
          continue
        }
        var circle = ByteString()
        for slot in path[first...] + [on] {
          if !circle.isEmpty { circle += " -> " }
          circle += configuration.displayName(configuration.programs[slot])
        }
        if let place = places[on] {
          faults.error(place, message("cannot wait in a circle: {}", circle))
        }
        for slot in path[first...] { isDone[slot] = true }
      }
    }
  }
}
