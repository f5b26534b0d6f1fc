// What `check` says about lines that work but bite in a container, with the line to write instead. No
// running configuration pays for this.
//
// A remark that is wrong is worse than none: who gets one has to look for what it means. So each needs
// evidence that no sensible file has by chance, and of two about one line only the nearer is made.

import Basics
import Configuration
import Reading

extension Reader {
  func advise(_ values: SectionValues) {
    adviseGrace(values)
    adviseStopCommand(values)
    guard let block = values.text("command"), let setting = values.setting("command"),
      let place = setting.entry?.place
    else { return }
    let words = block.entriesEndedByNul
    let script = ShellScript(of: words)
    if ShellScript.stopsContainer(script?.text ?? setting.written) {
      faults.warn(
        place, fold: "stops the container",
        """
        this command stops the container itself; essential=exit or essential=fatal does that, \
        with the program's exit status
        """)
    } else if runsOnce(values) {
      faults.warn(
        values.place("autorestart") ?? place, fold: "oneshot",
        """
        with startsecs=0 and autorestart=false this runs once: oneshot=true says so, a failure is \
        seen then, and others can wait for its end (depends_on)
        """)
    } else if let pause = script?.pauseOfEndlessLoop, values.text("schedule") == nil {
      faults.warn(
        place, fold: "loop", about: pause,
        message(
          """
          a loop with sleep is a schedule (and one that only restarts a service is \
          autorestart=true): leave it out and write schedule={}
          """, pause == "60s" || pause == "1m" ? "* * * * *" : "@every " + pause))
    } else if let script {
      adviseShell(script, values, place)
    } else if let first = words.first, !stopsAll(values) {
      let name = first.dropping((first.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)
      guard WordList.wrappers.index(of: name) != nil else { return }
      faults.warn(
        place, fold: "wrapper", about: name,
        message(
          "{} stays above what it runs and may keep the stop signal to itself: write stopasgroup=true",
          name))
    }
  }

  /// systemd puts the pid in by itself; here only a shell does.
  private func adviseStopCommand(_ values: SectionValues) {
    guard let block = values.text("stop_command"), let place = values.place("stop_command"),
      block.entriesEndedByNul.contains(where: {
        // A script has blanks.
        $0.wordsBetweenBlanks.count == 1 && ($0.hasSuffix("$MAINPID") || $0.hasSuffix("${MAINPID}"))
      })
    else { return }
    faults.warn(
      place, fold: "stop_command",
      "no shell runs stop_command, so that $MAINPID stays as it is: write sh -c \"... $MAINPID\"")
  }

  private func stopsAll(_ values: SectionValues) -> Bool {
    values.flag("stopasgroup") || values.flag("stoptree") || values.text("stop_command") != nil
  }

  private func adviseShell(_ script: ShellScript, _ values: SectionValues, _ place: Place) {
    if script.sleepsFirst {
      faults.warn(
        place, fold: "pause",
        """
        a sleep before the start waits too long or too short: depends_on=NAME waits until NAME is \
        ready
        """)
    }
    if !stopsAll(values), script.keepsShell {
      faults.warn(
        place, fold: "shell",
        """
        the stop signal reaches only the shell, not what it runs: write stopasgroup=true, or \
        "exec" before the last command of the script
        """)
    }
  }

  /// Meant to run once to its end: nothing about it is a service's, and nobody listens for ends, as
  /// those do that stop the container with any of its services.
  private func runsOnce(_ values: SectionValues) -> Bool {
    guard values.flag("autostart"), values.word("autorestart") == Autorestart.never.rawValue,
      values.number("startsecs") == 0, !values.flag("oneshot"), values.text("schedule") == nil
    else { return false }
    if values.setting("stopsignal") != nil || values.setting("stopwaitsecs") != nil
      || values.setting("stopasgroup") != nil
    {
      return false
    }
    for section in sections.sections where section.kind == .eventListener {
      guard let events = section.entry(FixedText("events"))?.value else { continue }
      let heard = hears(events)
      if heard.fatal || heard.exit { return false }
    }
    return true
  }

  private func adviseGrace(_ values: SectionValues) {
    guard let grace = globals.values?.number("grace"), let wait = values.number("stopwaitsecs"),
      wait > grace, let place = values.place("stopwaitsecs") ?? values.place("command")
    else { return }
    faults.warn(
      place, fold: "grace",
      "stopwaitsecs is longer than the whole grace: it gets its part of that, then SIGKILL"
    )
  }
}
