import Foundation
import Testing

// A log file by several names, of several streams, of many lives; and one that is blocked.

extension Acceptance {
  @Suite struct LogPlaces {
    /// One file by two names is one file.
    @Test func oneFileByTwoNames() async throws {
      let options = """
        startsecs=0
        autorestart=false
        stdout_logfile_maxbytes=20000
        stdout_logfile_backups=99
        """
      var setup = Setup(
        """
        [program:a]
        command=seq -f "a%%g" 1 9999
        stdout_logfile=%(here)s/logs/x.log
        \(options)
        [program:b]
        command=seq -f "b%%g" 1 9999
        stdout_logfile=%(here)s/link/x.log
        \(options)
        [program:c]
        command=seq -f "c%%g" 1 9999
        stdout_logfile=%(here)s/logs/../logs/x.log
        \(options)
        """)
      setup.launcher = Setup.asPID1(after: "mkdir $0/logs; ln -s logs $0/link")
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        let lines = swinit.folder.names("logs").flatMap {
          (swinit.folder.read("logs/" + $0) ?? "").split(separator: "\n").map(String.init)
        }
        #expect(lines.count == 3 * 9999)
        #expect(Set(lines).count == 3 * 9999)
      }
    }

    /// A stream that would hold its file itself does not where another has that file rotated.
    @Test func aFileOfWhichOnlyOneStreamIsRotated() async throws {
      let setup = Setup(
        """
        [program:a]
        command=sh -c "seq -f out%%g 1 9999; seq -f err%%g 1 9999 >&2"
        startsecs=0
        autorestart=false
        stdout_logfile=%(here)s/logs/x.log
        stdout_logfile_maxbytes=0
        stderr_logfile=%(here)s/logs/x.log
        stderr_logfile_maxbytes=20000
        stderr_logfile_backups=99
        """)
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        let names = swinit.folder.names("logs")
        let lines = names.flatMap {
          (swinit.folder.read("logs/" + $0) ?? "").split(separator: "\n").map(String.init)
        }
        #expect(names.count > 3)
        #expect(Set(lines).count == 2 * 9999 && lines.count == 2 * 9999)
      }
    }

    /// One AUTO file for all lives of a program.
    @Test(arguments: [0, 1000])
    func automaticFilesAreMadeOnce(_ maxbytes: Int) async throws {
      let setup = Setup(
        """
        [supervisord]
        childlogdir=%(here)s/auto
        [program:a]
        command=sh -c "echo out >> %(here)s/lives; echo out; test $(wc -l < %(here)s/lives) = 10"
        startsecs=0
        autorestart=unexpected
        restart_delay=0,0
        stdout_logfile=AUTO
        stdout_logfile_maxbytes=\(maxbytes)
        """)
      try await withSwinit(setup) { swinit in
        try await swinit.log("a: EXITED with status 0")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let names = swinit.folder.names("auto")
        #expect(names.count == 1, "\(names)")
        #expect(swinit.folder.read("auto/" + names[0]) == String(repeating: "out\n", count: 10))
      }
    }

    /// SIGUSR2 while the place of a log takes nothing: it is used when it does.
    @Test func reopenedWhileBlocked() async throws {
      var setup = Setup(
        beat + """
          [program:a]
          command=seq 1 60000
          startsecs=0
          autorestart=false
          stdout_logfile=%(here)s/fifo
          """)
      setup.launcher = Setup.asPID1(after: "mkfifo $0/fifo")
      try await withSwinit(setup) { swinit in
        try await swinit.log("fifo: nobody reads it: what leads there waits")
        let reader = open(swinit.folder.path + "/fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        try #require(reader >= 0)
        var output = Lines(reading: reader)
        defer { output.close() }
        swinit.signal(SIGUSR2)
        try await swinit.log("log files are opened again")
        try await swinit.isAlive()
        try await swinit.wait("all") {
          output.drain()
          return output.texts.count >= 60000
        }
        #expect(output.texts == (1...60000).map { "\($0)" })
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }
  }
}
