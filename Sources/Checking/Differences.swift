// `check --from-supervisor`: what of a file behaves differently under swinit, and the line that brings
// Supervisor's behaviour back. Only what this file makes a difference of: an option that is written
// out, or a default that is another one here. What swinit reads differently, or does not know, is a
// warning anyway and stands beside these.

import Basics
import Configuration
import Reading

extension Checker {
  /// Of the whole configuration, once it is read.
  func tellGlobalDifferences(_ reader: Reader) {
    guard let place = reader.globalPlace else { return }
    if reader.globals.runsUnchanged {
      differ(
        reader, place,
        """
        as in Supervisor the container goes on when a program is FATAL, and when all have ended; here \
        it may end with the program's status: essential=fatal (or exit) in its section or in {}
        """)
    } else {
      if reader.globals.essential == .fatal, reader.globals.essentialSetting == nil {
        differ(
          reader, place,
          """
          a program that becomes FATAL ends the container; Supervisor goes on without it: \
          essential=none in {}
          """)
      }
      if isUnset(reader, "stay") {
        differ(
          reader, place,
          """
          when all programs have ended the container ends; Supervisor stays: stay=true in {}
          """)
      }
    }
    if isUnset(reader, "stop_on") {
      differ(
        reader, place,
        """
        PWR, RTMIN+3 and (without a terminal) WINCH stop the container too, as base images want; \
        Supervisor ignores them: stop_on=TERM,INT,QUIT in {}
        """)
    }
    tellUseless("umask", reader)
    tellUseless("directory", reader)
    tellOrder(place, reader)
  }

  private func tellUseless(_ name: Literal, _ reader: Reader) {
    guard let place = reader.globals.values?.place(name) else { return }
    differ(
      reader, place,
      "this takes effect; Supervisor uses it only when it goes into the background: leave it out")
  }

  /// Supervisor stops group after group, and all of a group at once.
  private func tellOrder(_ place: Place, _ reader: Reader) {
    let count = reader.configuration.programs.count
    // Groups stand together.
    for index in 0..<count where index > 0 {
      let (one, other) = (priorities(index, reader), priorities(index - 1, reader))
      guard one.group == other.group, one.own != other.own else { continue }
      differ(
        reader, place,
        """
        programs of one group are stopped from the highest priority down, each after the one above; \
        Supervisor stops a group at once: equal priorities in the group
        """)
      break
    }
    for index in 0..<count {
      let one = priorities(index, reader)
      for before in 0..<index {
        let other = priorities(before, reader)
        guard one.group != other.group, one.ofGroup == other.ofGroup, one.own == other.own else {
          continue
        }
        return differ(
          reader, place,
          """
          programs of equal priority are stopped at the same time; Supervisor waits for each before \
          it stops the next: a priority= of its own for each
          """)
      }
    }
  }

  @inline(never)
  private func priorities(_ index: Int, _ reader: Reader) -> (
    group: Int, ofGroup: Int32, own: Int32
  ) {
    let group = reader.configuration.programs[index].group
    return (
      group, reader.configuration.groups[group].priority,
      reader.configuration.programs[index].priority
    )
  }

  func tellDifferences(_ values: SectionValues, _ section: Section, _ reader: Reader) {
    let place = section.place
    if values.setting("stopsignal") == nil, reader.globals.stopsignal == nil {
      differ(
        reader, place,
        """
        when swinit is told to stop by INT it gets INT, and TERM a second later; Supervisor sends \
        TERM: stopsignal=TERM
        """)
    }
    if values.setting("stdout_logfile") == nil {
      differ(
        reader, place,
        """
        its stdout is the container's; Supervisor makes a file in /tmp: \
        stdout_logfile=AUTO
        """)
    }
    if values.setting("stderr_logfile") == nil, !values.flag("redirect_stderr") {
      differ(
        reader, place,
        """
        its stderr is the container's; Supervisor makes a file in /tmp: \
        stderr_logfile=AUTO
        """)
    }
    for name: Literal in ["stdout_logfile", "stderr_logfile"] {
      if let place = values.place(name), values.text(name)?.contains(byte: 0) == true {
        differ(
          reader, place,
          """
          the stream goes to each of these places; Supervisor makes one file of that name: a comma \
          of a name is written ",,"
          """)
      }
    }
    if values.setting("stdin") == nil {
      differ(
        reader, place,
        """
        its stdin is /dev/null, where reading ends at once; in Supervisor it waits for ever: stdin=pipe
        """)
    }
    differ(
      reader, place,
      """
      SIGPIPE ends it when it writes to a closed pipe; in Supervisor the signal is ignored: \
      command=sh -c "trap '' PIPE; exec ..."
      """)
    if let group = values.place("stopasgroup") ?? values.place("killasgroup"),
      values.flag("stopasgroup") || values.flag("killasgroup")
    {
      differ(
        reader, group,
        """
        it has ended when its whole process group has; in Supervisor when its first process has: \
        leave it out
        """)
    }
    for name: Literal in ["depends_on", "nice"] {
      guard let place = values.place(name) else { continue }
      differences.tell(
        place,
        message(
          "{} takes effect; Supervisor has no such option and ignores it: leave it out",
          ByteString(name)))
    }
    if isUnset(reader, "user_policy"), let user = values.place("user") {
      differ(
        reader, user,
        """
        where swinit is not root it runs as swinit's user, with a warning; Supervisor does not start: \
        user_policy=require in {}
        """)
    }
    if values.setting("restart_delay") == nil, values.text("schedule") == nil,
      values.word("autorestart") != Autorestart.never.rawValue
    {
      differ(
        reader, values.place("autorestart") ?? place,
        """
        when it keeps ending within 10 s of RUNNING it is restarted after 1, 2, 4 ... 30 s; Supervisor \
        restarts it at once: restart_delay=0
        """)
    }
  }

  private func isUnset(_ reader: Reader, _ name: Literal) -> Bool {
    reader.globals.values?.setting(name) == nil
  }

  /// One line for all places of a file that it is true of; `{}` is the section of reader.globals.
  @inline(never)
  private func differ(_ reader: Reader, _ place: Place, _ text: Literal) {
    differences.tell(place, message(text, reader.title(.globals)))
  }
}
