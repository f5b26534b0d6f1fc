import Testing

@testable import Basics
@testable import Checking
@testable import Configuration
@testable import Reading

/// What `check` says about lines that work and bite, word by word; and of which lines it says nothing.
struct AdviceTests {
  typealias Case = MessageTests.Case

  private func said(_ text: String, report: Bool = true) -> [String] {
    loading(text, report: report).texts.map { String($0.dropFirst("/etc/app.conf:".count)) }
  }

  private static let shell =
    "2: warning: the stop signal reaches only the shell, not what it runs: write stopasgroup=true,"
    + " or \"exec\" before the last command of the script"
  private static let kill =
    "2: warning: this command stops the container itself; essential=exit or essential=fatal does"
    + " that, with the program's exit status"
  private static let pause =
    "2: warning: a sleep before the start waits too long or too short: depends_on=NAME waits until"
    + " NAME is ready"

  private static func loop(_ schedule: String) -> String {
    "2: warning: a loop with sleep is a schedule (and one that only restarts a service is"
      + " autorestart=true): leave it out and write schedule=\(schedule)"
  }

  private static func wrapper(_ name: String) -> String {
    "2: warning: \(name) stays above what it runs and may keep the stop signal to itself: write"
      + " stopasgroup=true"
  }

  /// Only `check` gives advice.
  @Test(arguments: [
    Case("/bin/bash -lc \"a | b\"", shell), Case("bash -e -c 'cd /x\n  app'", shell),
    Case("sh -c 'sleep 5 && app'", pause, shell), Case("sh -c 'sleep 5; exec app'", pause),
    Case("sh -c 'sleep 0.5; exec app'"), Case("sh -c 'exec sleep 5'"), Case("sh -c 'sleep 5'"),
    Case("sh -c 'until test -e /x; do sleep 1; done; exec app'"),
    Case("sh -c 'for i in 1 2 3; do app; sleep 1; done'", shell),
    Case("sh -c 'app'"), Case("sh -c 'exec app'"), Case("sh -c 'cd /x && exec app'"),
    Case("sh -c 'app 2>&1'"), Case("sh -c 'app &> /dev/null'"), Case("sh -c 'echo \"a; b\"'"),
    Case("bash script.sh -c 'a && b'"), Case("/bin/app -c 'a && b'"), Case("sh"), Case("sh -c"),
    Case("sh -c 'app || kill 1'", kill), Case("sh -c \"app; kill -s TERM $PPID\"", kill),
    Case("sh -c 'app; kill -15 $(cat /run/supervisord.pid)'", kill),
    Case("bash -c 'app; supervisorctl shutdown'", kill), Case("kill -QUIT 1", kill),
    Case("sh -c 'kill 12'"),
    Case("npm start", wrapper("npm")), Case("/usr/bin/yarn run x", wrapper("yarn")),
    Case("sudo -u app /x", wrapper("sudo")), Case("node npm"), Case("gosu app /x"),
    Case("apache2ctl -DFOREGROUND", wrapper("apache2ctl")),
    Case("/usr/bin/mysqld_safe --user=mysql", wrapper("mysqld_safe")),
    Case("pidproxy /run/mysqld.pid /usr/bin/mysqld_safe"),
  ])
  func commands(_ one: Case) {
    let text = "[program:x]\ncommand=\(one.text)"
    #expect(said(text) == one.expected)
    #expect(said(text, report: false) == [])
    for line in ["stopasgroup=true", "stoptree=true", "stop_command=/stop"] {
      let told = said(text + "\n" + line)
      #expect(told == one.expected.filter { $0 == Self.kill || $0 == Self.pause }, "\(line)")
    }
  }

  @Test(arguments: [
    Case("while true; do php artisan schedule:run --verbose; sleep 60; done", loop("* * * * *")),
    Case("while [ true ]; do (a &); sleep 1m; done", loop("* * * * *")),
    Case("while :; do a; sleep 5; done", loop("@every 5s")),
    Case("while sleep 2h; do a; done", loop("@every 2h")),
    Case("while true\n  do sleep 300\n  a\n  done", loop("@every 300s")),
    // The shell is what is to be said of these.
    Case("while read line; do a; sleep 1; done", shell),
    Case("while true; do a; done", shell), Case("while true; do a; sleep $N; done", shell),
    Case("while true; do a; sleep 1; done; b", shell),
    Case("a; while true; do sleep 1; done", shell),
  ])
  func loops(_ one: Case) {
    #expect(said("[program:x]\ncommand=sh -c '\(one.text)'") == one.expected.map { $0 })
  }

  private static let once = "[program:x]\ncommand=/x\nstartsecs=0\nautorestart=false\n"
  private static let oneshot =
    "4: warning: with startsecs=0 and autorestart=false this runs once: oneshot=true says so, a"
    + " failure is seen then, and others can wait for its end (depends_on)"

  @Test(arguments: [
    Case(once, oneshot), Case(once + "user=app\nstartretries=0\nexitcodes=0,2", oneshot),
    Case(once + "[eventlistener:l]\ncommand=/l\nevents=TICK_5", oneshot),
    // Each of these makes a service of it.
    Case(once + "stopsignal=QUIT"), Case(once + "stopwaitsecs=60"), Case(once + "stopasgroup=true"),
    Case(once + "autostart=false"), Case(once + "schedule=@daily"),
    Case(once + "[eventlistener:l]\ncommand=/l\nevents=PROCESS_STATE_EXITED"),
    Case(once + "[eventlistener:l]\ncommand=/l\nevents=process_state"),
    Case("[program:x]\ncommand=/x\nautorestart=false"),
    Case("[program:x]\ncommand=/x\nstartsecs=0\nautorestart=unexpected"),
    Case("[program:x]\ncommand=/x\nstartsecs=1\nautorestart=false"),
  ])
  func oneshots(_ one: Case) {
    // What is said of listeners is another test's.
    #expect(said(one.text).filter { !$0.contains("eventlistener") } == one.expected)
  }

  private static let literal =
    "3: warning: no shell runs stop_command, so that $MAINPID stays as it is: write sh -c"
    + " \"... $MAINPID\""

  @Test(arguments: [
    Case("kill $MAINPID", literal), Case("/bin/kill -QUIT \"${MAINPID}\"", literal),
    Case("/stop --pid=$MAINPID", literal), Case("env A=b sh -c 'kill $MAINPID'"),
    Case("sh -c 'kill $MAINPID'"), Case("/bin/bash -c \"kill ${MAINPID}\""), Case("/stop $PID"),
    Case("python3 -c 'import os; os.kill(int(os.environ[\"MAINPID\"]), 2)'"),
  ])
  func stopCommands(_ one: Case) {
    #expect(said("[program:x]\ncommand=/x\nstop_command=\(one.text)") == one.expected)
  }

  private static let grace =
    "4: warning: stopwaitsecs is longer than the whole grace: it gets its part of that, then SIGKILL"

  @Test(arguments: [
    ("grace=30", "stopwaitsecs=31", [grace]), ("grace=30", "stopwaitsecs=30", []),
    ("grace=5", "", [grace]),
    ("", "stopwaitsecs=3600", []),
  ])
  func graces(global: String, wait: String, expected: [String]) {
    // The command stands in line 4, and the wait, where there is one, takes its place.
    let line = wait.isEmpty ? "command=/x" : "\(wait)\ncommand=/x"
    #expect(said("[swinit]\n\(global)\n[program:x]\n\(line)") == expected)
  }

  // MARK: schedule

  private static let allowed =
    "lists (1,3), ranges (1-5) and steps (*/2)"
  private static let step = "; the step is a number of 1 to 59, and no period: @every is one"

  @Test(arguments: [
    Case("61 * * * *", "field 1 (minute) cannot be \"61\": 0 to 59 is allowed, " + allowed),
    Case("* 24 * * *", "field 2 (hour) cannot be \"24\": 0 to 23 is allowed, " + allowed),
    Case("* * 0 * *", "field 3 (day of month) cannot be \"0\": 1 to 31 is allowed, " + allowed),
    Case(
      "* * * 1,foo *",
      "field 4 (month) cannot be \"foo\": 1 to 12 or jan to dec is allowed, " + allowed),
    Case(
      "* * * * 8",
      "field 5 (day of week) cannot be \"8\": 0 to 7 or sun to sat is allowed, " + allowed),
    Case(
      "*/90 * * * *", "field 1 (minute) cannot be \"*/90\": 0 to 59 is allowed, " + allowed + step),
    Case(
      "5/10 * * * *",
      "field 1 (minute) cannot be \"5/10\": 0 to 59 is allowed, " + allowed
        + "; a step stands behind * or a range"),
    Case(
      "* 22-2 * * *",
      "field 2 (hour) cannot be \"22-2\": 0 to 23 is allowed, " + allowed
        + "; a range that runs backwards is written as two, 22-23,0-2"),
    Case(
      "* * * * sat-mon",
      "field 5 (day of week) cannot be \"sat-mon\": 0 to 7 or sun to sat is allowed, " + allowed
        + "; a range that runs backwards is written as two, sat-6,0-mon"),
    Case(
      "* * * *",
      "five fields are allowed (minute, hour, day of month, month, day of week), @hourly, @daily,"
        + " @midnight, @weekly, @monthly, @yearly, @annually or @every 90s; not 4"),
    Case("0 0 30 feb *", "day 30 of month feb never comes"),
    Case("0 0 31 4,6 *", "day 31 of month 4,6 never comes"),
    Case(
      "@dayly",
      "there is no \"@dayly\", but @hourly, @daily, @weekly, @monthly, @yearly and @every; did you mean"
        + " \"@daily\"?"),
    Case("@daily 3", "nothing is allowed behind \"@daily\""),
    Case("@reboot", "what runs once, at the start, is a oneshot: write oneshot=true instead"),
    Case("@every 5", "behind @every one time of 1s to 366 days is allowed, as 90s, 5m or 1h30m"),
  ])
  func badSchedules(_ one: Case) {
    #expect(
      said("[program:x]\ncommand=/x\nschedule=\(one.text)", report: false)
        == one.expected.map { "3: cannot read schedule \"\(one.text)\": \($0)" })
  }

  @Test func aScheduleIsNoDaemon() {
    #expect(
      said("[program:x]\ncommand=/x\nschedule=@daily\npidfile=/run/x.pid", report: false) == [
        "4: cannot use a pidfile with schedule=: a run is over when its command has ended"
      ])
    #expect(
      said("[program:x]\ncommand=pidproxy /run/x.pid /x\nschedule=@daily", report: false) == [
        "2: cannot use a pidfile with schedule=: a run is over when its command has ended"
      ])
  }

  /// Whatever the section says that makes a service of a program.
  @Test func aScheduledProgramIsNoService() throws {
    let program = try program(
      with: "schedule=30 2 * * 1-5\nautostart=true\nautorestart=true\nstartsecs=9\nessential=exit")
    #expect(program.schedule == Schedule(fields: [1 << 30, 1 << 2, ~1 & (1 << 32 - 1), 8190, 62]))
    #expect(!program.autostart && program.autorestart == .never && program.essential == .none)
    #expect(program.startsecs == .zero && program.startretries == 0)
  }

  @Test func theReportShowsTheSchedule() throws {
    let result = loading("[program:x]\ncommand=/x\nschedule=@every 90s", report: true)
    let json = try String(
      decoding: #require(result.report).json(result.configuration, []), as: UTF8.self)
    #expect(json.contains("\"schedule\": \"@every 90s\""))
    #expect(json.contains("\"schedule\": \"/etc/app.conf:3\""))
  }
}
