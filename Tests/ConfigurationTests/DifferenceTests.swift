import Testing

@testable import Basics
@testable import Checking
@testable import Configuration
@testable import Reading

/// `check --from-supervisor`, word by word.
struct DifferenceTests {
  private func told(_ text: String) -> [String] {
    var source = FakeSource()
    source.files["/etc/app.conf"] = Array(text.utf8)
    var scope = CheckScope()
    scope.advises = true
    scope.wantsDifferences = true
    let result = judge(LoadRequest(paths: ["/etc/app.conf"]), scope, from: source)
    #expect(!result.hasErrors)
    return result.differences.map { String($0.text.description.dropFirst("/etc/app.conf:".count)) }
  }

  private static let same =
    "as in Supervisor the container goes on when a program is FATAL, and when all have ended; here it"
    + " may end with the program's status: essential=fatal (or exit) in its section or in [supervisord]"
  private static let signals =
    "PWR, RTMIN+3 and (without a terminal) WINCH stop the container too, as base images want;"
    + " Supervisor ignores them: stop_on=TERM,INT,QUIT in "
  private static let stopsignal =
    "when swinit is told to stop by INT it gets INT, and TERM a second later; Supervisor sends TERM:"
    + " stopsignal=TERM"
  private static let stdout =
    "its stdout is the container's; Supervisor makes a file in /tmp:"
    + " stdout_logfile=AUTO"
  private static let stderr =
    "its stderr is the container's; Supervisor makes a file in /tmp:"
    + " stderr_logfile=AUTO"
  private static let stdin =
    "its stdin is /dev/null, where reading ends at once; in Supervisor it waits for ever: stdin=pipe"
  private static let pipe =
    "SIGPIPE ends it when it writes to a closed pipe; in Supervisor the signal is ignored:"
    + " command=sh -c \"trap '' PIPE; exec ...\""
  private static let restart =
    "when it keeps ending within 10 s of RUNNING it is restarted after 1, 2, 4 ... 30 s; Supervisor"
    + " restarts it at once: restart_delay=0"

  @Test func aFragment() {
    #expect(
      told("[program:web]\ncommand=/web\nuser=app\n") == [
        "1: \(Self.stopsignal)", "1: \(Self.stdout)", "1: \(Self.stderr)", "1: \(Self.stdin)",
        "1: \(Self.pipe)", "1: \(Self.restart)",
        "1: a program that becomes FATAL ends the container; Supervisor goes on without it:"
          + " essential=none in [swinit]",
        "1: when all programs have ended the container ends; Supervisor stays: stay=true in [swinit]",
        "1: \(Self.signals)[swinit]",
        "3: where swinit is not root it runs as swinit's user, with a warning; Supervisor does not"
          + " start: user_policy=require in [swinit]",
      ])
  }

  /// Each line that is told does away with what it is told of.
  @Test func theLinesHelp() {
    let text = """
      [swinit]
      stay=true
      essential=none
      stop_on=TERM,INT,QUIT
      user_policy=require
      [program:web]
      command=/web
      user=app
      stopsignal=TERM
      stdin=pipe
      stdout_logfile=AUTO
      stderr_logfile=AUTO
      restart_delay=0
      """
    // Its line is the program's command.
    #expect(told(text) == ["6: \(Self.pipe)"])
  }

  /// Supervisor's own file, and several programs: each thing is told once.
  @Test func aWholeFile() {
    let text = """
      [supervisord]
      nodaemon=true
      directory=/srv
      umask=022
      [program:web]
      command=/web
      stopsignal=QUIT
      stdout_logfile=/dev/stdout
      stderr_logfile=/dev/stderr
      autorestart=false
      [program:app]
      command=/app
      redirect_stderr=true
      stdout_logfile=/dev/stdout
      autorestart=true
      [program:late]
      command=/late
      priority=5
      stdout_logfile=NONE
      stderr_logfile=NONE
      """
    #expect(
      told(text) == [
        "1: \(Self.same)", "1: \(Self.signals)[supervisord]",
        "1: programs of equal priority are stopped at the same time; Supervisor waits for each before"
          + " it stops the next: a priority= of its own for each",
        "3: this takes effect; Supervisor uses it only when it goes into the background: leave it"
          + " out (also line 4)",
        "5: \(Self.stdin) (also line 11, 16)", "5: \(Self.pipe) (also line 11, 16)",
        "15: \(Self.restart) (also line 16)",
      ])
  }

  /// Supervisor stops a group at once, whatever the priorities in it.
  @Test func theOrderInAGroup() {
    let program = "command=/x\nstopsignal=TERM\nstdout_logfile=NONE\nstderr_logfile=NONE\n"
    let group = "[group:g]\nprograms=a,b\n[program:a]\n\(program)[program:b]\n\(program)"
    let apart =
      "programs of one group are stopped from the highest priority down, each after the one above;"
      + " Supervisor stops a group at once: equal priorities in the group"
    #expect(!told(group).contains { $0.contains("priorit") })
    #expect(told(group + "priority=5\n").contains("1: \(apart)"))
  }

  @Test func anEndIsThatOfTheGroup() {
    let ends =
      "it has ended when its whole process group has; in Supervisor when its first process has:"
      + " leave it out"
    #expect(told("[program:a]\ncommand=/a\nstopasgroup=true\n").contains("3: \(ends)"))
    #expect(told("[program:a]\ncommand=/a\nkillasgroup=true\n").contains("3: \(ends)"))
    #expect(!told("[program:a]\ncommand=/a\nstopasgroup=false\n").contains("3: \(ends)"))
  }

  /// What real files of Supervisor have, and Supervisor does not. A `pidfile` is passed over: with it
  /// they name the file of a program that stays in the foreground, where it means nothing here too.
  @Test func optionsThatSupervisorDoesNotKnow() {
    let text = """
      [swinit]
      [program:a]
      command=/a
      pidfile=/run/a.pid
      nice=5
      [program:b]
      command=/b
      depends_on=a
      """
    let ignored = "takes effect; Supervisor has no such option and ignores it: leave it out"
    #expect(
      told(text).filter { $0.contains("no such option") } == [
        "5: nice \(ignored)", "8: depends_on \(ignored)",
      ])
  }

  @Test func severalPlacesOfAStream() {
    let places =
      "the stream goes to each of these places; Supervisor makes one file of that name: a comma of a"
      + " name is written \",,\""
    let text =
      "[program:a]\ncommand=/a\nstdout_logfile=/a,,b.log\nstderr_logfile=/a.log,/dev/stderr\n"
    #expect(told(text).filter { $0.contains("places") } == ["4: \(places)"])
  }

  @Test func nothingIsLookedForUnasked() {
    #expect(loading("[program:x]\ncommand=/x", report: true).differences == [])
  }
}
