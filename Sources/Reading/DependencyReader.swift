// Who waits for whom: names -> `Configuration.dependencies`. A circle would be a container that
// never starts, so that it is an error here and nobody has to think of it later.

import Basics
import Configuration

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
    if !configuration.dependencies.isEmpty { refuseCircles(places) }
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

  /// So many programs of a circle are named, and the last; a shorter one is named as a whole.
  private static let namesOfCircle = 10

  /// Names each circle once.
  private func refuseCircles(_ places: [Wait?]) {
    var graph = WaitGraph(configuration.dependencies, programs: places.count)
    while let circle = graph.takeCircle() {
      var text = ByteString()
      let isLong = circle.count > 2 * Self.namesOfCircle
      for index in circle.indices {
        if isLong, index == Self.namesOfCircle {
          text += message(" -> ({} more)", decimal(circle.count - 1 - index))
        }
        if isLong, index >= Self.namesOfCircle, index < circle.count - 1 { continue }
        if !text.isEmpty { text += " -> " }
        text += configuration.displayName(configuration.programs[circle[index]])
      }
      guard let start = circle.first, let wait = places[start] else { continue }
      faults.error(wait.place, message("cannot wait in a circle: {}", text))
    }
  }
}

/// Who waits for whom. Finds circles by taking out whoever waits for nobody that is left: where no such
/// program is left either, each of the rest waits for another of the rest, and going from one to the
/// next leads into a circle. Costs time in proportion to the dependencies.
private struct WaitGraph {
  /// The dependencies in the order of their dependents, and in that of those who are waited for; where
  /// those of each program begin.
  private let targets: [Int]
  private let firstTarget: [Int]
  private let dependents: [Int]
  private let firstDependent: [Int]
  private var isLeft: [Bool]
  /// How many of those that are left each program waits for.
  private var waits: [Int]
  /// Those that wait for nobody that is left, and are to be taken out.
  private var free: [Int] = []
  /// No program before this one is left.
  private var first = 0
  /// Where each program stands in the path that is gone; -1: nowhere.
  private var places: [Int]

  init(_ dependencies: [Dependency], programs count: Int) {
    isLeft = [Bool](repeating: true, count: count)
    waits = [Int](repeating: 0, count: count)
    places = [Int](repeating: -1, count: count)
    var from: [Int] = []
    var to: [Int] = []
    for one in dependencies {
      from.append(one.dependent)
      to.append(one.on)
      waits[one.dependent] += 1
    }
    (targets, firstTarget) = Self.grouped(to, by: from, count)
    (dependents, firstDependent) = Self.grouped(from, by: to, count)
    for slot in 0..<count where waits[slot] == 0 { free.append(slot) }
  }

  /// The values in the order of their keys 0..<count, and where those of each key begin.
  private static func grouped(
    _ values: [Int], by keys: [Int], _ count: Int
  ) -> (values: [Int], first: [Int]) {
    var first = [Int](repeating: 0, count: count + 1)
    for key in keys { first[key + 1] += 1 }
    for key in 0..<count { first[key + 1] += first[key] }
    var next = first
    var result = [Int](repeating: 0, count: values.count)
    for index in values.indices {
      result[next[keys[index]]] = values[index]
      next[keys[index]] += 1
    }
    return (result, first)
  }

  /// The next circle, whose first program stands at its end again; nil: there is none any more.
  mutating func takeCircle() -> [Int]? {
    while let slot = free.popLast() { takeOut(slot) }
    while first < isLeft.count, !isLeft[first] { first += 1 }
    if first == isLeft.count { return nil }
    var path = [first]
    places[first] = 0
    while true {
      let last = path[path.count - 1]
      var next = -1
      for index in firstTarget[last]..<firstTarget[last + 1] where isLeft[targets[index]] {
        next = targets[index]
      }
      // Each of the rest waits for one of the rest.
      if next < 0 { return nil }
      path.append(next)
      if places[next] >= 0 {
        let circle = Array(path[places[next]...])
        for slot in path { places[slot] = -1 }
        for slot in circle { takeOut(slot) }
        return circle
      }
      places[next] = path.count - 1
    }
  }

  private mutating func takeOut(_ slot: Int) {
    if !isLeft[slot] { return }
    isLeft[slot] = false
    for index in firstDependent[slot]..<firstDependent[slot + 1] {
      let dependent = dependents[index]
      waits[dependent] -= 1
      if waits[dependent] == 0, isLeft[dependent] { free.append(dependent) }
    }
  }
}
