// What a file asks for and this version does not do: one warning for each thing, at its first
// line. What would change nothing is passed over without a word.

import Basics
import Configuration

extension Reader {
  /// Options of a program that would have an effect in Supervisor.
  package func remarkProgram(_ values: SectionValues) {
    for name: Literal in ["stdout_capture_maxbytes", "stderr_capture_maxbytes"] {
      if let place = values.place(name), values.number(name) ?? 0 > 0 {
        faults.warn(
          place, fold: "capture",
          message("{} is not in this version: nothing is captured", ByteString(name)))
      }
    }
    for name: Literal in ["stdout_events_enabled", "stderr_events_enabled"] {
      if let place = values.place(name), values.flag(name) {
        faults.warn(
          place, fold: "log events",
          message("{} is not in this version: no PROCESS_LOG events are sent", ByteString(name)))
      }
    }
    if let place = values.place("reloadsignal") {
      faults.warn(
        place, fold: "reloadsignal",
        "reloadsignal is not in this version: nothing asks for a reload (see forward_signals)")
    }
    if let place = values.place("serverurl"), let text = values.text("serverurl"),
      !text.uppercased.equals("AUTO")
    {
      faults.warn(
        place, fold: "serverurl",
        "serverurl is not in this version: SUPERVISOR_SERVER_URL is not set")
    }
  }

  /// A listener or fcgi-program: checked like a program, not run.
  package func remarkNotRun(_ values: SectionValues, _ section: Section, _ kind: SectionKind) {
    let name = section.name
    guard kind == .eventListener else {
      faults.warn(
        section.place, message("[{s}] is not run: there are no fcgi-programs in this version", name)
      )
      return
    }
    if let instead = Self.instead(of: values.setting("command")?.written ?? ByteString()) {
      return faults.warn(section.place, message("[{s}] is not run: {}", name, instead))
    }
    var text = message("[{s}] is not run: there are no event listeners in this version", name)
    if let line = essentialInstead(of: values) {
      text.append(message("; if it is to stop the container, {} under [swinit] does that", line))
    }
    faults.warn(section.place, text)
  }

  /// What does the job of a listener that everybody knows.
  private static func instead(of command: ByteString) -> ByteString? {
    if command.contains("dependent_startup") {
      return "its work is done here (dependent_startup=)"
    }
    guard command.contains("supervisor_stdout") || command.contains("supervisor-stdout") else {
      return nil
    }
    return "log_format=prefix under [swinit] does what it does"
  }

  /// What does the job of a listener that waits for the end of programs.
  private func essentialInstead(of values: SectionValues) -> ByteString? {
    guard let text = values.text("events") else { return nil }
    let heard = hears(text)
    if heard.exit { return heard.fatal ? "essential=exit (or essential=fatal)" : "essential=exit" }
    return heard.fatal ? "essential=fatal" : nil
  }

  /// Of which ends of programs `events=` tells.
  package func hears(_ events: ByteString) -> (fatal: Bool, exit: Bool) {
    var heard = (fatal: false, exit: false)
    for event in namesBetweenCommas(events) {
      let name = event.uppercased
      let isParent =
        name.equals("EVENT") || name.equals("PROCESS_STATE")
      if isParent || name.equals("PROCESS_STATE_FATAL") { heard.fatal = true }
      if isParent || name.equals("PROCESS_STATE_EXITED") { heard.exit = true }
    }
    return heard
  }

  /// The sections of the control server and its clients: one warning that names them all.
  package func remarkServers() {
    var titles = ByteString()
    var place: Place?
    for section in sections.sections {
      guard let kind = section.kind else { continue }
      switch kind {
      case .unixServer, .inetServer, .client:
        checkOptions(section, kind)
        evaluateAll(SectionValues(kind), section, names)
      case .rpcInterface:
        // The options of other interfaces are Python's, not ours to judge.
        if !(section.ownName ?? ByteString()).equals("supervisor") {
          faults.warn(
            section.place,
            message(
              """
              [{s}] is not used: swinit runs no Python, and has only the interface \
              "supervisor"
              """, section.name))
          continue
        }
      case .program, .globals, .group, .include, .eventListener, .fcgiProgram:
        continue
      }
      if !titles.isEmpty { titles.append(literal: ", ") }
      titles.append(message("[{s}]", section.name))
      if place == nil { place = section.place }
    }
    if let place {
      faults.warn(place, message("there is no control server in this version, ignoring {}", titles))
    }
  }
}
