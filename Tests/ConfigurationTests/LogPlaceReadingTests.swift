import Foundation
import Testing

@testable import Basics
@testable import Checking
@testable import Configuration
@testable import Reading

/// `stdout_logfile=a.log,/dev/stdout`: one stream, several places.
struct LogPlaceReadingTests {
  private func places(_ destination: LogDestination) -> [LogTarget] {
    (0..<destination.placeCount).map { destination.place($0) }
  }

  /// The first place is a container's where there is one.
  @Test(arguments: [
    ("/a.log", [LogTarget.file("/a.log")], false),
    ("/a.log,/dev/stdout", [.containerStdout, .file("/a.log")], false),
    (
      "/a.log , /b.log,\n  ~/c.log", [.file("/a.log"), .file("/b.log"), .file("/home/op/c.log")],
      false
    ),
    ("syslog,/a.log", [.file("/a.log")], true), ("/proc/1/fd/2,SYSLOG", [.containerStderr], true),
    ("syslog", [.syslog], true), ("/dev/stdout,/dev/fd/1,/dev/stdout", [.containerStdout], false),
    ("/a,,b.log", [.file("/a,b.log")], false), (",,", [.file(",")], false),
    ("/a,,,/b", [.file("/a,"), .file("/b")], false),
    // What a variable holds adds no place.
    ("%(ENV_LIST)s", [.file("/x,/dev/stdout")], false),
    ("%(ENV_LIST)s,/b", [.file("/x,/dev/stdout"), .file("/b")], false),
    ("%(ENV_NO:-/y,(z),/w)s,/b%%,/c", [.file("/y,(z),/w"), .file("/b%"), .file("/c")], false),
  ])
  func severalPlaces(text: String, expected: [LogTarget], syslog: Bool) throws {
    let environment = ["HOME=/home/op", "LIST=/x,/dev/stdout"]
    for stream in ["stdout", "stderr"] {
      let program = try program(with: "\(stream)_logfile=\(text)", environment: environment)
      let destination = stream == "stdout" ? program.stdout : program.stderr
      #expect(places(destination) == expected)
      #expect(destination.syslog == syslog)
      #expect(destination.rotation == Rotation())
    }
    let globals = loading("[swinit]\nlogfile=\(text)", environment: environment)
    #expect(try places(#require(globals.configuration.globals.logfile)) == expected)
  }

  @Test(arguments: [
    (",/a.log", "a comma stands between two places; one that belongs to a name is written \",,\""),
    ("/a.log,", "a comma stands between two places; one that belongs to a name is written \",,\""),
    (
      "/a.log, ,/b",
      "a comma stands between two places; one that belongs to a name is written \",,\""
    ),
    ("/a.log,AUTO", "\"AUTO\" stands alone, it is none of several places"),
    ("none,/a.log", "\"none\" stands alone, it is none of several places"),
    ("/a.log,/dev/null", "\"/dev/null\" stands alone, it is none of several places"),
  ])
  func rejected(text: String, reason: String) {
    for option in ["stdout_logfile", "stderr_logfile"] {
      #expect(
        loading("[program:x]\ncommand=/x\n\(option)=\(text)").texts == [
          "/etc/app.conf:3: cannot read \(option) \"\(text)\": \(reason)"
        ])
    }
    #expect(
      loading("[swinit]\nlogfile=\(text)\n[program:x]\ncommand=/x").texts == [
        "/etc/app.conf:2: cannot read logfile \"\(text)\": \(reason)"
      ])
  }

  @Test func aStraySignIsShownWithoutWhatFollows() {
    #expect(
      loading("[program:x]\ncommand=/x\nstdout_logfile=/a%,/b").errors == [
        "/etc/app.conf:3: cannot expand \"%\" in stdout_logfile: a \"%\" itself is written \"%%\""
      ])
  }

  /// `check --json` spells it as it can be written.
  @Test func inTheReport() throws {
    let result = loading(
      "[program:x]\ncommand=/x\nstdout_logfile=/a,,b.log, ~/c ,syslog\nstderr_logfile=/d\n",
      report: true)
    let bytes = try #require(result.report).json(result.configuration, result.faults)
    let all = try #require(
      try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    let programs = try #require(all["programs"] as? [String: [String: Any]])
    let x = try #require(programs["x:x"])
    #expect(x["stdout_logfile"] as? String == "/a,,b.log,/home/op/c,syslog")
    #expect(x["stderr_logfile"] as? String == "/d")
  }
}
