// `oneshot`, `ready`, `health` and their relatives: section -> Program.

import Basics
import Configuration

extension Reader {
  /// `autostart`, or its word in Supervisor's dependent-startup plugin, whose programs have
  /// `autostart=false`.
  func startsByItself(_ values: SectionValues) -> Bool {
    values.flag("autostart") || values.flag("dependent_startup")
  }

  /// What of it does not go together, and the hosts that are to be found.
  @inline(never)
  func checkReadiness(_ values: SectionValues) {
    if values.flag("oneshot") {
      refuseTests(values, "oneshot=true: a oneshot is ready when it has ended")
      if let place = values.place("autorestart"),
        values.word("autorestart") == Autorestart.always.rawValue
      {
        faults.error(place, "cannot combine autorestart=true with oneshot=true: it runs once")
      }
      if let place = values.place("pidfile") {
        faults.error(
          place, "cannot combine pidfile with oneshot=true: a daemon does not run to its end")
      }
      if let place = values.place("schedule") {
        faults.error(
          place, "cannot combine schedule with oneshot=true: each run ends, leave oneshot out")
      }
    }
    if values.text("schedule") != nil, !values.flag("oneshot") {
      refuseTests(values, "schedule=: nobody waits for a run")
    }
    if let place = values.place("run_timeout"), values.number("run_timeout") != nil,
      !values.flag("oneshot"), values.text("schedule") == nil
    {
      faults.error(
        place, "cannot use run_timeout here: only a oneshot and what has schedule= run to their end"
      )
    }
    if let health = probe("health", values), let place = values.place("health"),
      health.kind == .running || health.kind == .notify || health.kind == .newline
    {
      faults.error(
        place,
        message(
          "cannot use {q} for health: tcp, http, unix, path or exec is allowed",
          values.text("health") ?? ""))
    }
    for name: Literal in ["ready", "health"] {
      guard let host = probe(name, values)?.host, !host.isEmpty, let place = values.place(name)
      else { continue }
      hosts.append(Wait(host, untilEnd: false, place))
    }
  }

  /// `ready` and `health`.
  private func refuseTests(_ values: SectionValues, _ reason: Literal) {
    for name: Literal in ["ready", "health"] {
      guard let place = values.place(name) else { continue }
      faults.error(
        place, message("cannot use {} with {}", ByteString(name), ByteString(reason)))
    }
  }

  @inline(never)
  func readReadiness(_ values: SectionValues, _ program: inout Program) {
    program.oneshot = values.flag("oneshot")
    program.ready = probe("ready", values)
    if program.ready?.kind == .running { program.ready = nil }
    program.readyTimeout = values.duration("ready_timeout")
    program.health = probe("health", values)
    program.healthInterval = values.duration("health_interval")
    program.healthTimeout = values.duration("health_timeout")
    program.healthRetries = values.int32("health_retries")
    guard program.oneshot else { return }
    if values.setting("startretries") == nil { program.startretries = 0 }
    if values.setting("ready_timeout") == nil { program.readyTimeout = .zero }
  }

  private func probe(_ name: Literal, _ values: SectionValues) -> Probe? {
    values.text(name).flatMap { Probe.parse($0) }
  }
}
