import Basics
import Configuration
import Init
import Linux
import Supervision

/// What docker stop waits before it kills, unless it is told otherwise.
private let dockersPatience = Nanoseconds.seconds(10)

/// `check --stop`: the timetable of a stop, where no program hears its signal, and a warning when
/// that is longer than the grace.
func checkStop(_ configuration: Configuration) {
  let timetable = StopTimetable(configuration)
  Output.print("a stop in the worst case, with programs that hear no signal:")
  var short = ByteString()
  // When each program was told.
  var told = [Int](repeating: 0, count: configuration.programs.count)
  for index in timetable.notices.indices {
    let what: ByteString
    switch timetable.notices[index] {
    case .draining: what = "drain"
    case .stopping(let slot, _, let signal):
      told[slot] = timetable.times[index]
      what = message("{}: {}", name(slot, configuration), signal?.name ?? "stop_command")
    case .nextSignal(let slot, _, let signal, _):
      what = message("{}: {}", name(slot, configuration), signal.name)
    case .stopCommandEnded(let slot, _, _, let signal):
      what = message(
        "{}: {}, as stop_command failed", name(slot, configuration), signal?.name ?? "")
    case .killing(let slot, _, let last):
      what = message("{}: SIGKILL after {}", name(slot, configuration), secondsText(last))
      let whole = configuration.programs[slot].longestStop
      let waited = Nanoseconds(Int64(timetable.times[index] - told[slot]))
      guard waited < whole else { break }
      if !short.isEmpty { short += ", " }
      short += message(
        "{} gets {} of {}", name(slot, configuration), secondsText(waited), secondsText(whole))
    default: continue
    }
    printStep(Nanoseconds(Int64(timetable.times[index])), what)
  }
  printStep(timetable.length, "end")
  if let grace = configuration.globals.grace {
    if short.isEmpty { return }
    Output.print(
      message(
        "warning: the stopwaitsecs do not fit into the grace of {}: {}", secondsText(grace), short),
      to: .standardError)
  } else if timetable.length > dockersPatience {
    Output.print(
      """
      warning: no grace is set, and docker stop kills after 10 s unless it is told otherwise: write \
      [swinit] grace=, so that each level gets its part
      """, to: .standardError)
  }
}

@inline(never)
private func name(_ slot: Slot, _ configuration: Configuration) -> ByteString {
  configuration.displayName(configuration.programs[slot])
}

@inline(never)
private func printStep(_ time: Nanoseconds, _ what: ByteString) {
  let text = secondsText(time)
  var blanks = ByteString()
  for _ in min(text.count, 9)..<9 { blanks += " " }
  Output.print(message("{}{}  {}", blanks, text, what))
}
