import Foundation
import Testing

// Programs that the clock starts: cron's job without cron.

/// A rule in itself: no zone files are needed for it.
private let berlin = "CET-1CEST,M3.5.0,M10.5.0/3"

extension Acceptance {
  @Suite struct Jobs {
    /// A job on a period: run again and again, whatever its runs end with, and the container goes on.
    @Test func again() async throws {
      let setup = Setup(
        """
        [program:job]
        command=sh -c "echo run; exit 3"
        schedule=@every 1s
        """)
      try await withSwinit(setup) { swinit in
        try await swinit.log("info job: next run in 1 s")
        try await swinit.wait("three runs") {
          swinit.output?.texts.filter { $0 == "run" }.count ?? 0 >= 3
        }
        let line = try await swinit.log("job: EXITED")
        #expect(line == "swinit: warn job: EXITED with status 3 (unexpected)")
        try await swinit.log("info job: STOPPED, next run in ")
        try await swinit.stopNow()
      }
    }

    /// A run that is due while the last one is not over is left out, with a word.
    @Test func neverTwiceAtOnce() async throws {
      let setup = Setup(
        """
        [program:job]
        command=sh -c "mkdir FOLDER/lock && echo entered; sleep 1.5; rmdir FOLDER/lock"
        schedule=@every 1s
        """)
      try await withSwinit(setup.inFolder()) { swinit in
        let skipped = try await swinit.log(
          "a run is due and left out: the last one is not over (pid ")
        #expect(skipped.hasPrefix("swinit: warn job: "))
        try await swinit.wait("two runs") {
          swinit.output?.texts.filter { $0 == "entered" }.count ?? 0 >= 2
        }
        #expect(
          !swinit.errors.texts.contains { $0.contains("File exists") }, "\(swinit.transcript)")
        try await swinit.stopNow()
      }
    }

    /// A run that cannot be started is said, not repeated before its time, and no reason to end.
    @Test func cannotBeStarted() async throws {
      let setup = Setup(
        """
        [program:job]
        command=/nowhere/job
        schedule=@every 1s
        """)
      try await withSwinit(setup) { swinit in
        try await swinit.log(
          "error job: BACKOFF, cannot start: execve \"/nowhere/job\": No such file or directory, not"
            + " tried again")
        try await swinit.wait("a second run") { swinit.places(of: "job: BACKOFF").count >= 2 }
        try await swinit.stopNow()
      }
    }

    /// The README's example, as it stands there, in a container without root and with nothing to
    /// write to. The clock has a minute's patience.
    @Test func theReadmesExample() async throws {
      var setup = Setup(try example(of: "heartbeat"))
      setup.launcher =
        Setup.asPID1(after: "mount -o remount,ro,bind / || exit 99") + [
          "setpriv", "--reuid", "1234567", "--regid", "0", "--clear-groups", "--bounding-set=-all",
          "--inh-caps=-all", "--no-new-privs",
        ]
      setup.environment["GREETING"] = "Ahoy"
      setup.environment["TZ"] = berlin
      try await withSwinit(setup) { swinit in
        let plan = try await swinit.log("info clean: next run ")
        #expect(plan.contains(" 02:30 +0"), "\(plan)")
        try await swinit.log("info heartbeat: next run ")
        try await swinit.line("heartbeat: Ahoy from uid 1234567", within: 75)
        try await swinit.log("info heartbeat: STOPPED, next run ")
        try await swinit.stopNow()
      }
    }

    /// The next runs in the listing are those of local time, summer and winter.
    @Test(arguments: [
      (berlin, ["-07-01 12:00 +02:00", "-01-01 12:00 +01:00"]),
      ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", ["-07-01 12:00 +10:30", "-01-01 12:00 +11:00"]),
      ("EST5EDT,M3.2.0,M11.1.0", ["-07-01 12:00 -04:00", "-01-01 12:00 -05:00"]),
      ("", ["-07-01 12:00 +00:00", "-01-01 12:00 +00:00"]),
    ])
    func localTime(_ zone: String, _ runs: [String]) async throws {
      let folder = try Folder()
      try folder.write(
        """
        [program:job]
        command=/bin/job
        schedule=0 12 1 1,7 *
        [program:often]
        command=/bin/job
        schedule=@every 1h30m
        """, to: "jobs.conf")
      let finished = try await run(
        [try #require(Binary.path), "check", "-c", folder.path], environment: ["TZ": zone])
      #expect(finished.ending == .exited(0))
      #expect(finished.errors == [])
      for run in runs { #expect(finished.output.contains(run), "\(finished.output)") }
      #expect(finished.output.contains("often  /bin/job  (runs every 5400 s)\n"))
    }

    /// A zone file: its changes are over, what comes is in the rule at its end.
    @Test func zoneFile() async throws {
      let folder = try Folder()
      try folder.write("[program:job]\ncommand=/bin/job\nschedule=0 12 1 1,7 *\n", to: "jobs.conf")
      // A first part for old readers, of 32 bits and without a rule; then the same with 64 bits. One
      // change, at 0, to one offset, of 3600 s.
      let counts: [UInt8] = [0, 0, 0, 1, 1, 4].flatMap { [0, 0, 0, $0] as [UInt8] }
      let header = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15) + counts
      let zone = [0, 0, 0, 0x0E, 0x10, 0, 0] + Array("CET\0".utf8)
      let whole =
        header + [UInt8](repeating: 0, count: 4) + zone
        + header + [UInt8](repeating: 0, count: 8) + zone + Array("\n\(berlin)\n".utf8)
      let file = folder.path + "/zone"
      try Data(whole).write(to: URL(fileURLWithPath: file))
      let finished = try await run(
        [try #require(Binary.path), "check", "-c", folder.path + "/jobs.conf"],
        environment: ["TZ": file])
      #expect(finished.output.contains("-07-01 12:00 +02:00"), "\(finished.output)")
      #expect(finished.output.contains("-01-01 12:00 +01:00"), "\(finished.output)")
    }

    /// One warning, and UTC.
    @Test func noZoneFiles() async throws {
      var setup = Setup("[program:job]\ncommand=/bin/job\nschedule=0 12 1 * *\n")
      setup.environment["TZ"] = "Europe/Nowhere"
      try await withSwinit(setup) { swinit in
        let plan = try await swinit.log("info job: next run ")
        #expect(plan.hasSuffix("-01 12:00 +00:00"))
        #expect(
          swinit.errors.texts.filter { $0.contains(" warn ") } == [
            "swinit: warn TZ \"Europe/Nowhere\": there is no such zone file (tzdata), schedules run in"
              + " UTC"
          ])
        try await swinit.stopNow()
        let checked = try await run(
          [try #require(Binary.path), "check", "-c", swinit.folder.path],
          environment: ["TZ": "Europe/Nowhere"])
        #expect(
          checked.errors == [
            "warning: TZ \"Europe/Nowhere\": there is no such zone file (tzdata), schedules run in UTC"
          ])
      }
    }

    /// PID 1 sleeps to the next run, on the wall clock, and is woken when somebody sets that.
    @Test func sleepsOnTheWallClock() async throws {
      let setup = Setup(
        """
        [program:yearly]
        command=/bin/job
        schedule=@yearly
        [program:monthly]
        command=/bin/job
        schedule=@monthly
        """)
      try await withSwinit(setup) { swinit in
        try await swinit.log("info yearly: next run ")
        try await swinit.wait("a timer") { !wallTimers(of: swinit.pid).isEmpty }
        let timers = wallTimers(of: swinit.pid)
        // CLOCK_REALTIME; TFD_TIMER_ABSTIME and TFD_TIMER_CANCEL_ON_SET.
        #expect(timers.count == 1)
        #expect(timers[0].contains("clockid: 0\n") && timers[0].contains("settime flags: 03\n"))
        try await swinit.stopNow()
        #expect(swinit.places(of: "STARTING").isEmpty)
      }
    }
  }
}

/// What /proc tells of the timer descriptors of a process.
private func wallTimers(of pid: pid_t) -> [String] {
  let folder = "/proc/\(pid)/fdinfo"
  let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  return names.compactMap { procFile("\(pid)/fdinfo/\($0)") }.filter { $0.contains("clockid:") }
}

extension Container {
  fileprivate func stopNow() async throws {
    signal(SIGTERM)
    try await expectEnd(0, "exit 0: stopped by SIGTERM")
  }
}

extension Setup {
  /// The fragments with FOLDER as they can be read: `%(here)s`.
  fileprivate func inFolder() -> Setup {
    var setup = self
    for (name, text) in fragments {
      setup.fragments[name] = text.replacingOccurrences(of: "FOLDER", with: "%(here)s")
    }
    return setup
  }
}
