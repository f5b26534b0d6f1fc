// `[program:x]` -> its processes. The section is read once, for its first process; for the others
// only what depends on `%(process_num)` is read again, and all else is shared. So a hundred
// processes cost little more memory than their names, and a mistake is reported once.

import Basics
import Configuration

/// The processes of one section.
final class ProgramProcesses {
  let name: ByteString
  let place: Place
  var programs: [Program] = []
  /// The number of its first process in the order of reading.
  var firstReading = 0
  /// Whom its processes wait for, one process after the other; nil: on to the next.
  var waits: [Wait?] = []
  /// Where its first process stands in `Configuration.programs`.
  var firstSlot = 0
  /// Of the first process; for its own group.
  var priority: Int32 = 999

  init(name: ByteString, place: Place) {
    self.name = name
    self.place = place
  }
}

extension Reader {
  func readPrograms() {
    let groups = readGroups()
    var members: [ByteString] = []
    var owners: [GroupSpecification] = []
    for group in groups {
      for member in group.members {
        members.append(member)
        owners.append(group)
      }
    }
    let memberIndex = NameIndex(members)
    var processes: [ProgramProcesses] = []
    for section in sections.sections {
      guard let kind = section.kind, kind.isProgram, let name = section.ownName else { continue }
      // One with a bad name is read for its other mistakes.
      let member = memberIndex.find(name)
      let found = readProgram(section, kind, name, group: member.map { owners[$0].name } ?? name)
      if kind == .program, isName(name) { processes.append(found) }
    }
    assemble(groups, memberIndex, processes)
  }

  private func readProgram(
    _ section: Section, _ kind: SectionKind, _ name: ByteString, group: ByteString
  ) -> ProgramProcesses {
    let result = ProgramProcesses(name: name, place: section.place)
    let errorsBefore = faults.errorCount
    checkOptions(section, kind)
    let names = names.forSection()
    names.programName = name
    names.groupName = group
    let values = SectionValues(kind)
    guard let environment = values.index("environment"), let numprocs = values.index("numprocs"),
      let start = values.index("numprocs_start")
    else { return result }

    evaluate(numprocs, of: values, section, names)
    evaluate(start, of: values, section, names)
    let count = values.number("numprocs") ?? 1
    let first = values.number("numprocs_start") ?? 0
    names.numprocs = count
    names.processNumber = first
    evaluate(environment, of: values, section, names)
    names.own = values.text("environment")?.entriesEndedByNul ?? []
    for index in values.options.indices
    where index != environment && index != numprocs && index != start {
      evaluate(index, of: values, section, names)
    }
    checkProgram(values, section, kind, count)
    result.priority = values.int32("priority")
    guard kind == .program else {
      remarkNotRun(values, section, kind)
      return result
    }
    remarkProgram(values)
    checkReadiness(values)
    observer?.programWasRead(values, section, by: self)
    guard count > 0, values.text("command") != nil else { return result }
    if let setting = values.setting("user") { users.append(setting) }
    if let setting = values.setting("groups") { groupLists.append(setting) }
    guard reserve(count, values.place("numprocs") ?? section.place) else { return result }
    result.firstReading = readings
    addProcess(values, to: result)

    let dependent = indicesThatDependOnNumber(values)
    var number: Int64 = 0
    while number + 1 < count {
      number += 1
      names.processNumber = first.addingReportingOverflow(number).partialValue
      if dependent.contains(environment) {
        evaluate(environment, of: values, section, names)
        names.own = values.text("environment")?.entriesEndedByNul ?? []
      }
      for index in dependent where index != environment {
        evaluate(index, of: values, section, names)
      }
      guard faults.errorCount == errorsBefore else { break }
      addProcess(values, to: result)
    }
    return result
  }

  /// The options that may differ between the processes of one section.
  private func indicesThatDependOnNumber(_ values: SectionValues) -> [Int] {
    let environment = values.setting("environment")?.entry?.value
    let environmentDepends = environment?.contains("process_num") ?? false
    var indices: [Int] = []
    for index in values.options.indices {
      guard let text = values.values[index].entry?.value else { continue }
      if text.contains("process_num") || (environmentDepends && text.contains("ENV_")) {
        indices.append(index)
      }
    }
    return indices
  }

  /// Counts the processes of all programs; false, with an error, when they are too many.
  private func reserve(_ count: Int64, _ place: Place) -> Bool {
    processCount += count
    if processCount <= Int64(Limit.processes) { return true }
    if !hasTooManyProcesses {
      faults.error(
        place,
        message(
          "cannot run {} processes: {} are allowed in all", decimal(processCount),
          decimal(Limit.processes)))
    }
    hasTooManyProcesses = true
    return false
  }

  /// What no single value shows.
  private func checkProgram(
    _ values: SectionValues, _ section: Section, _ kind: SectionKind, _ count: Int64
  ) {
    if values.setting("command") == nil {
      faults.error(section.place, message("cannot run [{s}]: command= is missing", section.name))
    }
    let processName = values.setting("process_name")?.entry?.value ?? ByteString()
    if count > 1, !processName.contains("%(process_num)") {
      faults.error(
        values.place("numprocs") ?? section.place,
        message(
          """
          cannot name {} processes alike: with numprocs above 1 write \
          process_name=%(program_name)s_%(process_num)02d
          """, decimal(count)))
    }
    if values.flag("stopasgroup"), let kill = values.number("killasgroup"), kill == 0,
      let place = values.place("killasgroup")
    {
      faults.error(
        place, "cannot combine killasgroup=false with stopasgroup=true: leave killasgroup out")
    }
    checkAttributes(values)
    if kind == .eventListener {
      if values.setting("events") == nil {
        faults.error(section.place, message("cannot use [{s}]: events= is missing", section.name))
      }
      if values.flag("redirect_stderr"), let place = values.place("redirect_stderr") {
        faults.error(
          place, "cannot use redirect_stderr=true: the stdout of an event listener is its protocol")
      }
    }
    if kind == .fcgiProgram, values.setting("socket") == nil {
      faults.error(section.place, message("cannot use [{s}]: socket= is missing", section.name))
    }
  }

  @inline(never)
  private func addProcess(_ values: SectionValues, to result: ProgramProcesses) {
    var program = Program(
      name: values.text("process_name") ?? result.name, group: 0,
      arguments: values.text("command") ?? ByteString())
    program.environment = values.text("environment") ?? ByteString()
    program.priority = values.int32("priority")
    program.autostart = startsByItself(values)
    program.startsecs = values.duration("startsecs")
    program.startretries = values.int32("startretries")
    if let word = values.word("autorestart") {
      program.autorestart = Autorestart(rawValue: word) ?? .unexpected
    }
    if let text = values.text("exitcodes"), let codes = parseExitCodes(text) {
      program.exitcodes = codes
    }
    if let text = values.text("restart_delay"), let pauses = parsePauses(text) {
      program.restartDelay = pauses
    }
    let sequence =
      values.setting("stopsignal") == nil ? globals.stopSequence : stopSequence(values)
    program.stopsignal = sequence.first.map { Signal(number: Int32($0)) }
    program.stopwaitsecs = values.duration("stopwaitsecs")
    program.stopasgroup = values.flag("stopasgroup")
    program.killasgroup = values.number("killasgroup").map { $0 == 1 } ?? program.stopasgroup
    program.stoptree = values.flag("stoptree")
    program.essential = essential(of: values)
    program.user = values.text("user")
    program.directory = values.text("directory")
    program.umask = values.mode("umask")
    readFollow(values, &program)
    readSchedule(values, &program)
    readReadiness(values, &program)
    for wait in readWaits(values) { result.waits.append(wait) }
    result.waits.append(nil)
    readLogs(values, of: &program)
    program.life = life(values, sequence)
    program.launch = launchOptions(values)
    if let last = result.programs.last { program.share(with: last) }
    observer?.processWasMade(program, values, by: self)
    readings += 1
    result.programs.append(program)
  }

  /// A scheduled program is none of what makes a service: see `Supervision`'s `ScheduledRuns.swift`.
  @inline(never)
  private func readSchedule(_ values: SectionValues, _ program: inout Program) {
    guard let text = values.text("schedule"), let schedule = try? parseSchedule(text) else {
      return
    }
    program.schedule = schedule
    program.autostart = false
    program.startsecs = .zero
    program.startretries = 0
    program.autorestart = .never
    program.essential = .none
    if program.follow != nil, let place = values.place("pidfile") ?? values.place("command") {
      faults.error(
        place, "cannot use a pidfile with schedule=: a run is over when its command has ended")
    }
  }

  /// `pidfile=`, or a pidproxy as command: then its words are not run, since what it does is done here.
  @inline(never)
  private func readFollow(_ values: SectionValues, _ program: inout Program) {
    let pidfile = values.text("pidfile")
    if let pidfile, !pidfile.isEmpty {
      program.follow = Follow(pidfile: pidfile, mode: .afterFork)
    }
    let words = program.arguments.entriesEndedByNul
    guard let first = words.first, let place = values.place("command") else { return }
    var start = 0
    if first == "pidproxy" || first.hasSuffix("/pidproxy") {
      start = 1
    } else if words.count > 1, words[1] == "pidproxy",
      first == "swinit" || first.hasSuffix("/swinit")
    {
      start = 2
    } else {
      return
    }
    guard words.count >= start + 2 else {
      faults.error(place, "cannot run pidproxy: it wants a pidfile and a command")
      return
    }
    if let place = values.place("pidfile") {
      faults.error(place, "cannot use pidfile= with a pidproxy: the pidproxy's own counts")
    }
    program.follow = Follow(pidfile: words[start], mode: .proxy)
    program.arguments = ByteString()
    for word in words[(start + 1)...] {
      program.arguments.append(word)
      program.arguments.append(byte: 0)
    }
  }

  /// Its own word; else the global one, of which `fatal` counts only for what starts by itself.
  private func essential(of values: SectionValues) -> Essential {
    if let word = values.word("essential") {
      return Essential(rawValue: word) ?? Essential.none
    }
    if globals.essential == .fatal, !startsByItself(values) { return Essential.none }
    return globals.essential
  }

  // MARK: All programs into their groups

  private func assemble(
    _ specified: [GroupSpecification], _ members: NameIndex, _ processes: [ProgramProcesses]
  ) {
    var groups = specified
    var groupNames: [ByteString] = []
    for group in specified { groupNames.append(group.name) }
    let specifiedIndex = NameIndex(groupNames)
    var programNames: [ByteString] = []
    for one in processes { programNames.append(one.name) }
    let programIndex = NameIndex(programNames)
    for one in processes where members.find(one.name) == nil {
      if specifiedIndex.find(one.name) != nil {
        faults.error(
          one.place,
          message(
            """
            cannot run program {q} beside group {q}, which it does not belong to: \
            both would be the group {q}
            """, one.name, one.name, one.name))
        continue
      }
      let own = GroupSpecification(name: one.name, priority: one.priority, place: one.place)
      own.members.append(one.name)
      groups.append(own)
    }
    var keys: [SortKey] = []
    for group in groups { keys.append(SortKey(text: group.name)) }
    for position in ascendingOrder(of: keys) {
      let group = groups[position]
      let start = configuration.programs.count
      for member in group.members {
        guard let found = programIndex.find(member) else { continue }
        processes[found].firstSlot = configuration.programs.count
        var reading = processes[found].firstReading
        for var program in processes[found].programs {
          program.group = configuration.groups.count
          configuration.programs.append(program)
          readingOrder.append(reading)
          reading += 1
        }
      }
      configuration.groups.append(Group(name: group.name, priority: group.priority))
      checkProcessNames(start, group, processes)
    }
    resolveWaits(processes, programIndex)
  }

  /// Two processes of one name in a group would be one for whoever asks.
  private func checkProcessNames(
    _ start: Int, _ group: GroupSpecification, _ processes: [ProgramProcesses]
  ) {
    var keys: [SortKey] = []
    for index in start..<configuration.programs.count {
      keys.append(SortKey(text: configuration.programs[index].name))
    }
    var before: Int?
    for index in ascendingOrder(of: keys) {
      if let before, keys[before].text == keys[index].text {
        faults.error(
          place(ofProgram: max(before, index), group, processes),
          message(
            "cannot have two processes named {q} in group {q}", keys[index].text, group.name))
        return
      }
      before = index
    }
  }

  private func place(
    ofProgram number: Int, _ group: GroupSpecification, _ processes: [ProgramProcesses]
  ) -> Place {
    var rest = number
    for member in group.members {
      for one in processes where one.name == member {
        if rest < one.programs.count { return one.place }
        rest -= one.programs.count
      }
    }
    return group.place
  }
}
