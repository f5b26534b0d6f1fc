import Configuration

@testable import Basics
@testable import Supervision

// What the core may say of an end: a failed start, BACKOFF, FATAL, EXITED, STOPPED, and what follows.

extension Invariants {
  /// Why the start failed, by the rules; nil when it did not fail.
  func startFailure(_ slot: Slot, _ event: Event, _ now: Time) -> StartFailure? {
    switch event {
    case .forkFailed(slot, let failure), .startPutOff(slot, let failure): return .spawn(failure)
    case .ended, .treeGone, .tick:
      guard let status = end(of: slot, event) else { return nil }
      if let failure = programs[slot].failure { return .spawn(failure) }
      let program = configuration.programs[slot]
      if programs[slot].givingUp != .no {
        return isLimited(slot)
          ? .overran(after: runTimeout(slot)) : .notReady(after: program.readyTimeout, nil)
      }
      if program.oneshot { return isExpected(slot, status) ? nil : .ended(status) }
      if program.ready != nil { return .ended(status) }
      // Had it stayed up for startsecs, it would be RUNNING.
      if programs[slot].ending != nil { return .tooQuick(status) }
      let startsecs = program.startsecs
      if startsecs == .zero { return nil }
      // Up for startsecs, though no tick has said so yet: that was no failed start.
      if programs[slot].executed, programs[slot].asking + startsecs <= now { return nil }
      return .tooQuick(status)
    default: return nil
    }
  }

  /// What the last test said is the world's business.
  func isSame(_ failure: StartFailure, _ expected: StartFailure?) -> Bool {
    if case .notReady(let time, _) = failure { return expected == .notReady(after: time, nil) }
    return failure == expected
  }

  func isExpected(_ slot: Slot, _ status: WaitStatus) -> Bool {
    let codes = configuration.programs[slot].exitcodes
    switch status {
    case .exited(let number): return codes.contains(number)
    case .signalled(let signal): return codes.signals.contains(signal)
    }
  }

  mutating func rememberFailure(_ slot: Slot, _ failure: StartFailure) {
    let code: UInt8
    switch failure {
    case .spawn(let failure): code = failure.exitCode
    case .tooQuick(.exited(let status)), .ended(.exited(let status)): code = max(status, 1)
    case .tooQuick(.signalled(let signal)), .ended(.signalled(let signal)):
      code = 128 + UInt8(signal.number)
    case .notReady, .overran: code = 1
    case .dependency(_, let other): code = other
    }
    if case .ended = failure {
      see(configuration.programs[slot].oneshot ? .oneshotFailed : .endedBeforeReady)
    }
    if case .tooQuick = failure { see(.tooQuick) }
    programs[slot].remember(.failed(failure), code, order: &unexpectedEnds)
  }

  /// It counts as no try.
  mutating func putOff(_ slot: Slot, _ pause: Nanoseconds, _ event: Event, _ now: Time) {
    var isAsked = false
    if case .startPutOff(slot, _) = event { isAsked = true }
    require(isAsked && !isScheduled(slot), "p\(slot): no start is put off that was not.")
    require(pause == .seconds(1), "p\(slot): no put off start waits for another time than 1 s.")
    move(slot, to: .backoff)
    programs[slot].tries -= 1
    programs[slot].isPutOff = stop == nil
    if stop == nil { programs[slot].deadline = now + pause }
  }

  mutating func backoff(
    _ slot: Slot, _ failure: StartFailure, _ pause: Nanoseconds?, _ event: Event, _ now: Time
  ) {
    let program = configuration.programs[slot]
    require(
      isSame(failure, startFailure(slot, event, now)),
      "p\(slot): no start fails that did not, nor for another reason.")
    guard let pause else {
      move(slot, to: .backoff)
      gaveUp = slot
      return
    }
    require(
      program.startretries < 0 || programs[slot].tries <= program.startretries,
      "p\(slot): no start is retried more than startretries times.")
    var expected = Nanoseconds.seconds(Int64(programs[slot].tries))
    if program.startretries < 0 {
      expected = min(expected, max(program.restartDelay.greatest, .seconds(1)))
    }
    if let delay = program.life.retryDelay {
      var steps = [delay.first, max(delay.first, .seconds(delay.first == .zero ? 1 : 0))]
      if delay.first > .zero { steps[1] = Nanoseconds(2 * delay.first.count) }
      while steps.count < 12 { steps.append(Nanoseconds(2 * steps[steps.count - 1].count)) }
      let index = min(Int(programs[slot].tries) - 1, steps.count - 1)
      expected = max(min(steps[index], delay.greatest), .milliseconds(10))
      see(.retryDelay)
    }
    require(
      pause == expected,
      "p\(slot): after the k-th failed start the pause is never another than k seconds, or than"
        + " retry_delay says.")
    if program.startretries < 0, programs[slot].tries > 3 { see(.neverFatal) }
    if stop != nil { see(.failedDuringStop) }
    move(slot, to: .backoff)
    if stop == nil { programs[slot].deadline = now + pause }
    rememberFailure(slot, failure)
  }

  mutating func fatal(
    _ slot: Slot, _ failure: StartFailure, _ tries: Int32, _ event: Event, _ now: Time
  ) {
    let program = configuration.programs[slot]
    if case .dependency(let other, let code) = failure {
      fatalByDependency(slot, on: other, code)
      require(tries == 0, "p\(slot): no try is miscounted.")
      return isFatal(slot, failure, now)
    }
    require(
      isSame(failure, startFailure(slot, event, now)),
      "p\(slot): no start fails that did not, nor for another reason.")
    require(
      program.startretries >= 0 && programs[slot].tries == program.startretries + 1,
      "p\(slot): nothing is FATAL before or after startretries retries, nor with -1.")
    require(tries == programs[slot].tries, "p\(slot): no try is miscounted.")
    require(gaveUp == slot, "p\(slot): nothing is FATAL but out of BACKOFF, with no try left.")
    gaveUp = nil
    see(tries == 1 ? .fatalAtOnce : .fatalAfterRetries)
    isFatal(slot, failure, now)
  }

  mutating func isFatal(_ slot: Slot, _ failure: StartFailure, _ now: Time) {
    let program = configuration.programs[slot]
    move(slot, to: .fatal)
    programs[slot].tries = 0
    rememberFailure(slot, failure)
    let code = programs[slot].unexpected?.code ?? 0
    if program.essential != .none {
      beginStop(.essentialFatal(slot, failure), code, now)
    } else if command != nil, program.autostart, !programs[slot].wasReady {
      beginStop(.awaitedFatal(slot, failure), code, now)
    }
    stopIfNothingIsLeft(now)
  }

  mutating func exited(
    _ slot: Slot, _ status: WaitStatus, _ expected: Bool, _ restart: Nanoseconds?,
    _ event: Event, _ now: Time
  ) {
    let program = configuration.programs[slot]
    let endedAt = programs[slot].ending?.at ?? now
    guard let reaped = end(of: slot, event) else {
      return require(false, "p\(slot): nothing ends that was not reaped.")
    }
    require(reaped == status, "p\(slot): no exit status is changed.")
    let code = status.code
    let wasGivenUp = programs[slot].givingUp != .no
    programs[slot].givingUp = .no
    let isExpected = !wasGivenUp && isExpected(slot, status)
    require(expected == isExpected, "p\(slot): no end is judged but by exitcodes.")
    if isScheduled(slot) {
      require(restart == nil, "p\(slot): only its schedule starts it again.")
      return move(slot, to: .exited)
    }
    if isExpected {
      programs[slot].unexpected = nil
      programs[slot].lastUnexpected = nil
    } else {
      programs[slot].remember(.exited(status), code, order: &unexpectedEnds)
    }
    if program.oneshot {
      require(
        isExpected && programs[slot].state == .starting && restart == nil,
        "p\(slot): no oneshot is EXITED but out of STARTING, as expected, and for good.")
      see(.oneshotDone)
      programs[slot].tries = 0
      programs[slot].wasReady = true
      programs[slot].hasEnded = true
      move(slot, to: .exited)
      release(slot, now)
      return stopIfNothingIsLeft(now)
    }
    require(
      programs[slot].state == .running, "p\(slot): nothing else is EXITED but out of RUNNING.")
    move(slot, to: .exited)
    let again =
      wasGivenUp || program.autorestart == .always
      || program.autorestart == .unexpected && !isExpected
    guard again, stop == nil else {
      require(restart == nil, "p\(slot): nothing is restarted that autorestart or a stop forbids.")
      if stop != nil { see(.exitedDuringStop) }
      if slot == command?.slot {
        // In the drain it has heard the signal already.
        if stop != nil { commandStopped(slot, status) }
        beginStop(.commandEnded(slot, status), commandCode(status), now)
      } else if program.essential == .exit {
        beginStop(.essentialExited(slot, status), code, now)
      }
      if !programs[slot].hasEnded {
        programs[slot].hasEnded = true
        release(slot, now)
      }
      return stopIfNothingIsLeft(now)
    }
    let pause = programs[slot].restartPause(program, lived: endedAt - programs[slot].runningSince)
    require(
      restart == pause,
      "p\(slot): no pause before a restart differs from restart_delay's: \(words(pause)).")
    see(pause == .zero ? .restartAtOnce : .restartLater)
    if pause > .zero, pause == program.restartDelay.greatest { see(.pauseAtItsGreatest) }
    programs[slot].deadline = now + pause
  }

  mutating func stopped(_ slot: Slot, _ status: WaitStatus?, _ event: Event) {
    require(stop != nil, "p\(slot): no service is STOPPED but by a stop.")
    if programs[slot].state == .stopping {
      let reaped = end(of: slot, event)
      require(
        status == reaped && (reaped != nil || programs[slot].left != nil),
        "p\(slot): nothing is STOPPED while its process lives.")
      require(
        !programs[slot].stopCommandRuns,
        "p\(slot): nothing is STOPPED while its stop_command runs, but for one that is ended.")
      programs[slot].left = nil
      if programs[slot].abandoned { see(.endedAfterAbandoned) }
      if slot == command?.slot, let reaped { commandStopped(slot, reaped) }
    } else {
      require(status == nil, "p\(slot): no exit status is invented.")
      see(.stopInBackoff)
    }
    move(slot, to: .stopped)
  }
}
