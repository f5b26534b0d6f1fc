import Foundation
import Testing

// What flows must go on flowing, in order and to everybody, and a line is one life's.

/// Writes lines of 100 bytes until it is told to stop, and then how many bytes into the file `sum`.
private let writer = #"""
  #!/usr/bin/perl
  my ($sum, $stop, $rest) = (0, 0, "");
  $SIG{TERM} = sub { $stop = 1 };
  until ($stop) {
    $rest = "0123456789" x 9 . "012345678\n" if $rest eq "";
    my $n = syswrite(STDOUT, $rest);
    next unless defined $n;
    $sum += $n;
    substr($rest, 0, $n) = "";
  }
  open(F, ">", "$ENV{SUM}.new"); print F $sum; close F;
  rename("$ENV{SUM}.new", $ENV{SUM});
  """#

/// stdout is a pipe to a reader that takes `count` bytes every `milliseconds` and keeps them in
/// `$0/result`; swinit is not PID 1, so that its end is not the reader's, who is waited for.
private func slowReader(_ count: Int, every milliseconds: Int) -> [String] {
  let script = """
    mkfifo $0/out
    perl -e 'while (sysread(STDIN, $b, \(count))) { syswrite(STDOUT, $b);
      select(undef, undef, undef, \(Double(milliseconds) / 1000)) }' < $0/out > $0/result &
    "$@" > $0/out
    status=$?
    wait
    exit $status
    """
  return Setup.asPID1 + ["sh", "-c", script, "FOLDER"]
}

extension Acceptance {
  @Suite struct LogFlow {
    /// A reader that is slower than the programs, but reads all the time.
    @Test func slowReaderOfMany() async throws {
      var setup = Setup(
        "[swinit]\nlog_format=prefix\n"
          + (1...8).map {
            "[program:p\($0)]\ncommand=seq 1 40000\nstartsecs=0\nautorestart=false\n"
          }.joined())
      setup.launcher = slowReader(65536, every: 2)
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        let lines = try #require(swinit.folder.read("result")).split(separator: "\n")
        for number in 1...8 {
          let start = "p\(number) | "
          let own = lines.filter { $0.hasPrefix(start) }.map { $0.dropFirst(start.count) }
          #expect(own == (1...40000).map { "\($0)" })
        }
        #expect(lines.count == 8 * 40000)
        #expect(swinit.places(of: "nobody reads it").isEmpty, "\(swinit.transcript)")
      }
    }

    /// The same at swinit's end: as long as bytes are taken, they are written.
    @Test func slowReaderAtTheEnd() async throws {
      var setup = Setup(
        """
        [program:a]
        command=%(here)s/write
        log_format=raw
        startsecs=0
        environment=SUM="%(here)s/sum"
        """, files: ["write": writer])
      setup.launcher = slowReader(4096, every: 20)
      try await withSwinit(setup) { swinit in
        try await swinit.wait("the pipes are full") {
          swinit.folder.read("result")?.utf8.count ?? 0 > 200_000
        }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let sum = try #require(Int(swinit.folder.read("sum") ?? ""))
        let read = try #require(swinit.folder.read("result")).utf8.count
        // A last line without its end gets one.
        #expect(read == sum || read == sum + 1, "\(swinit.transcript)")
        #expect(swinit.places(of: "lost").isEmpty)
      }
    }

    /// Everybody has a turn, however fast the others write.
    @Test func fastWritersDoNotStarveOthers() async throws {
      let setup = Setup(
        """
        [program:y]
        command=yes
        numprocs=24
        process_name=%(process_num)d
        startsecs=0
        stdout_logfile=%(here)s/logs/%(process_num)d.log
        stdout_logfile_maxbytes=1MB
        stdout_logfile_backups=0
        """)
      try await withSwinit(setup) { swinit in
        try await swinit.wait("all") { swinit.places(of: "RUNNING").count == 24 }
        let written = { (pid: pid_t) in
          procFile("\(pid)/io")?.split(separator: "\n").first { $0.hasPrefix("wchar") }
            .flatMap { Int($0.split(separator: " ")[1]) } ?? 0
        }
        let programs = children(of: swinit.pid)
        try #require(programs.count == 24)
        // Far more than pipes hold, from each.
        try await swinit.wait("each has written 2 MiB") {
          programs.allSatisfy { written($0) > 2 << 20 }
        }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// An unfinished line ends with its life, also where the next one begins at once.
    @Test func aLineIsOfOneLife() async throws {
      let setup = Setup(
        """
        [program:a]
        command=sh -c "printf begin-; seq -s, 1 9; echo >> %(here)s/lives; printf 'no newline'; test $(wc -l < %(here)s/lives) = 30"
        log_format=prefix
        startsecs=0
        autorestart=unexpected
        restart_delay=0,0
        """)
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        let lines = try #require(swinit.output).texts
        #expect(lines.count == 60)
        let first = "a | begin-1,2,3,4,5,6,7,8,9"
        for (index, line) in lines.enumerated() {
          #expect(line == (index % 2 == 0 ? first : "a | no newline"))
        }
      }
    }

    /// The same where nobody reads for many of its lives.
    @Test func aLineIsOfOneLifeThatNobodyRead() async throws {
      var setup = Setup(
        beat + """
          [program:a]
          command=sh -c "seq 1 500; printf half"
          log_format=prefix
          startsecs=0
          autorestart=true
          restart_delay=0,0
          """)
      setup.readsOutput = false
      try await withSwinit(setup) { swinit in
        try await swinit.log("stdout: nobody reads it: what leads there waits")
        swinit.readsOutput = true
        let before = swinit.places(of: "a: EXITED").count
        try await swinit.wait("some more lives") {
          swinit.places(of: "a: EXITED").count >= before + 5
        }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        var expected = 1
        for line in try #require(swinit.output).texts {
          // The last life may have been cut short.
          guard line == (expected == 501 ? "a | half" : "a | \(expected)") else {
            let rest = swinit.places(of: "a: STOPPED").count
            #expect(rest == 1, "\(line) instead of \(expected)")
            break
          }
          expected = expected == 501 ? 1 : expected + 1
        }
      }
    }

    /// What is left of an unfinished line arrives when the reader comes back, not only at the end.
    @Test func theLastLineOfTheDead() async throws {
      var setup = Setup(
        beat + """
          [program:a]
          command=sh -c "seq 1 4000; printf half; while ! [ -e %(here)s/go ]; do sleep 0.05; done"
          log_format=prefix
          startsecs=0
          autorestart=false
          [program:b]
          command=seq 1 100000
          log_format=prefix
          startsecs=0
          autorestart=false
          """)
      setup.readsOutput = false
      try await withSwinit(setup) { swinit in
        try await swinit.log("stdout: nobody reads it: what leads there waits")
        try swinit.folder.write("", to: "go")
        try await swinit.log("a: EXITED")
        swinit.readsOutput = true
        try await swinit.line("a | half")
        try await swinit.line("b | 100000")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// A fifo that nobody reads, held by the program itself: the program starts.
    @Test func aFifoOfTheProgramsOwn() async throws {
      var setup = Setup(
        """
        [program:a]
        command=sleep 60
        startsecs=0
        stdout_logfile=%(here)s/fifo
        stdout_logfile_maxbytes=0
        """)
      setup.launcher = Setup.asPID1(after: "mkfifo $0/fifo")
      try await withSwinit(setup) { swinit in
        try await swinit.log("a: RUNNING")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// A terminal that nobody reads, root's, with a swinit that gave up root.
    @Test func aTerminalOfAnother() async throws {
      var setup = Setup(
        "[supervisord]\nuser=www-data\n" + beat.replacingOccurrences(of: "%(here)s", with: "FOLDER")
          + """
          [program:a]
          command=yes
          log_format=prefix
          startsecs=0
          """)
      setup.streams = .terminal
      setup.readsOutput = false
      setup.launcher = Setup.asPID1(
        after: "sed -i \"s,F[O]LDER,$0,\" $0/test.conf; touch $0/beats; chmod 666 $0/beats")
      try await withSwinit(setup) { swinit in
        try await swinit.wait("its start") { swinit.folder.read("beats")?.count ?? 0 > 2 }
        try await swinit.isAlive()
        swinit.readsOutput = true
        swinit.signal(SIGTERM)
        try await swinit.end()
        #expect(swinit.ending == .exited(0))
      }
    }

    /// Warnings of the configuration do not keep the programs from starting where nobody takes them.
    @Test func warningsThatNobodyTakes() async throws {
      var setup = Setup("[supervisord]\ncolour=red\n" + beat)
      setup.streams = .stuckStderr
      try await withSwinit(setup) { swinit in
        try await swinit.isAlive()
      }
    }

    /// A sequence that its program did not finish is not the next life's.
    @Test func aCutEscapeSequence() async throws {
      let setup = Setup(
        """
        [swinit]
        strip_ansi=true
        [program:a]
        command=printf "end\\033[3"
        startsecs=0
        autorestart=true
        restart_delay=0,0
        log_format=raw
        stdout_logfile=%(here)s/a.log
        """)
      try await withSwinit(setup) { swinit in
        try await swinit.wait("some lives") { swinit.places(of: "a: EXITED").count >= 5 }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let lines = try #require(swinit.folder.read("a.log")).split(separator: "\n")
        #expect(lines.count >= 5 && lines.allSatisfy { $0 == "end" }, "\(lines)")
      }
    }

    /// A syslog that is slow holds its programs, and one that dies then does not.
    @Test func aSyslogThatHangsAndDies() async throws {
      var setup = Setup(
        beat + """
          [program:a]
          command=seq 1 50000
          stdout_syslog=true
          startsecs=0
          autorestart=false
          """)
      setup.launcher = Setup.notPID1(
        after: """
          mkdir $0/dev && mount -t tmpfs none $0/dev || exit 99
          for name in null zero; do cp -a /dev/$name $0/dev/; done
          mount --move $0/dev /dev || exit 99
          perl -e '
            use Socket; socket(S, PF_UNIX, SOCK_DGRAM, 0); bind(S, sockaddr_un("/dev/log")) or die;
            open(R, ">", "$ARGV[0]/ready"); close R;
            select(undef, undef, undef, 0.05) until -e "$ARGV[0]/die"' $0 &
          while ! [ -e $0/ready ]; do sleep 0.05; done
          """)
      try await withSwinit(setup) { swinit in
        try await swinit.log("syslog: nobody reads it: what leads there waits")
        try await swinit.isAlive()
        #expect(swinit.places(of: "a: EXITED").isEmpty)
        try swinit.folder.write("", to: "die")
        try await swinit.log("syslog: /dev/log: ")
        try await swinit.line("50000")
        try await swinit.log("a: EXITED")
        #expect(try #require(swinit.output).texts == (1...50000).map { "\($0)" })
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }
  }
}
