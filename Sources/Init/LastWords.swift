import Basics
import Configuration
import Linux
import Supervision

// The log at the end of each turn, and at the end of all.

extension EventLoop {
  func end(_ code: UInt8, _ reason: ExitReason) {
    result = code
    let level: LogLevel = code == 0 ? .info : .error
    var circumstances = Circumstances(sender: stopSender)
    if let blamed = reason.blamed {
      circumstances.crashes = supervisor.crashes(of: blamed.slot, blamed.end)
      circumstances.lastLine = streams.lastErrorLine(of: blamed.slot)
    }
    let text = messages.certificate(code, reason, circumstances)
    lastWord = (level, text)
    terminationLog.withdraw()
    writeTerminationLog(text)
  }

  func flushLog() {
    let now = now()
    if let deadline = streams.deadline, deadline <= now { streams.timePassed(now) }
    sayNews()
    streams.flush()
    streams.watch(epoll)
  }

  func sayNews() {
    for (level, text) in streams.news.list { log.write(level, text) }
    streams.news.list.removeAll()
  }

  /// How often was said what was not said each time.
  @inline(never)
  func sayNoise(_ now: Time) {
    for line in noise.timePassed(now) { log.write(.info, line) }
  }

  /// Only here a reader who does not read is waited for, and not for long.
  func sayLastWord() {
    let end = supervisor.graceEnd
    sayNoise(Time(nanoseconds: .max))
    streams.drain(until: end)
    streams.sayWhatWasDropped()
    sayNews()
    if let lastWord { log.writeAlways(lastWord.level, lastWord.text) }
    streams.finish(until: end)
  }
}
