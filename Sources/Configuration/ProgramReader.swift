// `[program:x]` -> its processes. The section is read once, for its first process; the others are
// copies of that in which only what depends on `%(process_num)` is read again. So a hundred
// processes cost little more memory than their names, and a mistake is reported once.

/// The processes of one section.
struct ProgramProcesses {
  var name: ByteString
  var place: Place
  var programs: [Program] = []
  var reports: [[Report.Value]] = []
  /// Of the first process; for its own group.
  var priority: Int32 = 999
}

extension Reader {
  mutating func readPrograms() {
    let groups = readGroups()
    var members: [ByteString] = []
    var groupsOfMembers: [Int] = []
    for (index, group) in groups.enumerated() {
      members += group.members
      groupsOfMembers += [Int](repeating: index, count: group.members.count)
    }
    let groupOf = NameIndex(members, groupsOfMembers)
    var processes: [ProgramProcesses] = []
    for section in sections.sections {
      guard let kind = sectionKind(of: section), kind.isProgram,
        let name = section.nameParts.rest
      else { continue }
      // One with a bad name is read for its other mistakes.
      let group = groupOf.find(name).map { groups[$0].name }
      let found = readProgram(section, kind, name, group: group ?? name)
      if kind == .program, isName(name) { processes.append(found) }
    }
    assemble(groups, groupOf, processes)
  }

  private mutating func readProgram(
    _ section: Section, _ kind: SectionKind, _ name: ByteString, group: ByteString
  ) -> ProgramProcesses {
    var result = ProgramProcesses(name: name, place: section.place)
    let errorsBefore = faults.errorCount
    checkOptions(section, kind)
    var names = names
    names.programName = name
    names.groupName = group
    var values = SectionValues(kind)
    guard let environment = values.index("environment"), let numprocs = values.index("numprocs"),
      let start = values.index("numprocs_start")
    else { return result }

    evaluate(numprocs, of: &values, section, names)
    evaluate(start, of: &values, section, names)
    let count = values.number("numprocs") ?? 1
    let first = values.number("numprocs_start") ?? 0
    names.numprocs = count
    names.processNumber = first
    evaluate(environment, of: &values, section, names)
    names.own = values.text("environment")?.entriesEndedByNul ?? []
    for index in values.options.indices
    where index != environment && index != numprocs && index != start {
      evaluate(index, of: &values, section, names)
    }
    checkProgram(values, section, kind, count)
    result.priority = values.int32("priority")
    guard kind == .program else {
      remarkNotRun(values, section, kind)
      return result
    }
    remarkProgram(values)
    if request.wantsReport { advise(values) }
    guard count > 0, let program = makeProgram(values, name) else { return result }
    if let user = program.user, let place = values.place("user") { users.append((user, place)) }
    guard reserve(count, values.place("numprocs") ?? section.place) else { return result }
    result.programs.append(program)
    if request.wantsReport { result.reports.append(reportValues(values, program)) }

    let dependent = indicesThatDependOnNumber(values)
    for number in 1..<max(count, 1) {
      names.processNumber = first.addingReportingOverflow(number).partialValue
      if dependent.contains(environment) {
        evaluate(environment, of: &values, section, names)
        names.own = values.text("environment")?.entriesEndedByNul ?? []
      }
      for index in dependent where index != environment {
        evaluate(index, of: &values, section, names)
      }
      guard faults.errorCount == errorsBefore, let program = makeProgram(values, name) else {
        break
      }
      result.programs.append(program)
      if request.wantsReport { result.reports.append(reportValues(values, program)) }
    }
    return result
  }

  /// The options that may differ between the processes of one section.
  private func indicesThatDependOnNumber(_ values: SectionValues) -> [Int] {
    var environmentDepends = false
    if let setting = values.setting("environment") {
      environmentDepends = setting.entry.value.contains("process_num")
    }
    var indices: [Int] = []
    for index in values.options.indices {
      guard let text = values.settings[index]?.entry.value else { continue }
      if text.contains("process_num") || (environmentDepends && text.contains("ENV_")) {
        indices.append(index)
      }
    }
    return indices
  }

  /// Counts the processes of all programs; false, with an error, when they are too many.
  private mutating func reserve(_ count: Int64, _ place: Place) -> Bool {
    processCount += count
    if processCount <= Int64(Limit.processes) { return true }
    if !hasTooManyProcesses {
      faults.error(
        place,
        message(
          "cannot run {} processes: {} are allowed in all", decimal(processCount),
          decimal(Int64(Limit.processes))))
    }
    hasTooManyProcesses = true
    return false
  }

  /// What no single value shows.
  private mutating func checkProgram(
    _ values: SectionValues, _ section: Section, _ kind: SectionKind, _ count: Int64
  ) {
    if values.setting("command") == nil {
      faults.error(section.place, message("cannot run [{s}]: command= is missing", section.name))
    }
    let processName = values.setting("process_name")
    if count > 1, processName.map({ !$0.entry.value.contains("%(process_num)") }) ?? true {
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

  /// nil: it has no command that can be read.
  private func makeProgram(_ values: SectionValues, _ name: ByteString) -> Program? {
    guard let arguments = values.text("command") else { return nil }
    var program = Program(
      name: values.text("process_name") ?? name, group: 0, arguments: arguments)
    program.environment = values.text("environment") ?? ByteString()
    program.priority = values.int32("priority")
    program.autostart = values.flag("autostart")
    program.startsecs = values.duration("startsecs")
    program.startretries = values.int32("startretries")
    if let raw = values.number("autorestart") {
      program.autorestart = Autorestart(rawValue: UInt8(clamping: raw)) ?? .unexpected
    }
    if let codes = values.exitcodes("exitcodes") { program.exitcodes = codes }
    if let pauses = values.pauses("restart_delay") { program.restartDelay = pauses }
    program.stopsignal =
      values.setting("stopsignal") == nil ? globals.stopsignal : values.signal("stopsignal")
    program.stopwaitsecs = values.duration("stopwaitsecs")
    program.stopasgroup = values.flag("stopasgroup")
    program.killasgroup = values.number("killasgroup").map { $0 == 1 } ?? program.stopasgroup
    program.essential = essential(of: values)
    program.user = values.text("user")
    program.directory = values.text("directory")
    program.umask = values.number("umask").map { UInt32(clamping: $0) }
    program.redirectStderr = values.flag("redirect_stderr")
    program.stdout = target(values.text("stdout_logfile"), or: .containerStdout)
    program.stderr = target(values.text("stderr_logfile"), or: .containerStderr)
    return program
  }

  private func target(_ text: ByteString?, or own: LogTarget) -> LogTarget {
    guard let text, case .target(let target) = LogFileText(text) else { return own }
    return target
  }

  /// Its own word; else the global one, of which `fatal` counts only for what starts by itself.
  private func essential(of values: SectionValues) -> Essential {
    if let raw = values.number("essential") {
      return Essential(rawValue: UInt8(clamping: raw)) ?? Essential.none
    }
    if globals.essential == .fatal, !values.flag("autostart") { return Essential.none }
    return globals.essential
  }

  // MARK: All programs into their groups

  private mutating func assemble(
    _ specified: [GroupSpecification], _ groupOf: NameIndex, _ processes: [ProgramProcesses]
  ) {
    var groups = specified
    var programNames: [ByteString] = []
    for one in processes { programNames.append(one.name) }
    let programOf = NameIndex(programNames, Array(programNames.indices))
    for one in processes where groupOf.find(one.name) == nil {
      if specified.contains(where: { $0.name == one.name }) {
        faults.error(
          one.place,
          message(
            """
            cannot run program {q} beside group {q}, which it does not belong to: \
            both would be the group {q}
            """, one.name, one.name, one.name))
        continue
      }
      groups.append(
        GroupSpecification(
          name: one.name, priority: one.priority, members: [one.name], place: one.place))
    }
    var keys: [SortKey] = []
    for group in groups { keys.append(SortKey(text: group.name)) }
    for (index, position) in ascendingOrder(of: keys).enumerated() {
      let group = groups[position]
      configuration.groups.append(Group(name: group.name, priority: group.priority))
      let start = configuration.programs.count
      for member in group.members {
        guard let found = programOf.find(member) else { continue }
        let one = processes[found]
        for var program in one.programs {
          program.group = index
          configuration.programs.append(program)
        }
        report?.programs.append(contentsOf: one.reports)
      }
      checkProcessNames(start, group, processes)
    }
  }

  /// Two processes of one name in a group would be one for whoever asks.
  private mutating func checkProcessNames(
    _ start: Int, _ group: GroupSpecification, _ processes: [ProgramProcesses]
  ) {
    var keys: [SortKey] = []
    for program in configuration.programs[start...] { keys.append(SortKey(text: program.name)) }
    let order = ascendingOrder(of: keys)
    for position in order.indices.dropFirst()
    where keys[order[position]].text == keys[order[position - 1]].text {
      let later = start + max(order[position], order[position - 1])
      faults.error(
        place(ofProgram: later - start, group, processes),
        message(
          "cannot have two processes named {q} in group {q}", configuration.programs[later].name,
          group.name))
      return
    }
  }

  private func place(
    ofProgram number: Int, _ group: GroupSpecification, _ processes: [ProgramProcesses]
  ) -> Place {
    var rest = number
    for member in group.members {
      guard let one = processes.first(where: { $0.name == member }) else { continue }
      if rest < one.programs.count { return one.place }
      rest -= one.programs.count
    }
    return group.place
  }
}
