import Basics
import Configuration
import Linux

// When descriptors have run out: what is convenient is given up for what is needed, and had again later.

extension EventLoop {
  /// The least time until those are opened again that nobody needs.
  static let descriptorPause = Nanoseconds.seconds(10)

  /// Closes what is convenient and not needed. Whether there was any.
  @inline(never)
  func giveUpDescriptors() -> Bool {
    if descriptorsGivenUp != nil { return false }
    let isNew = !saidDescriptors
    saidDescriptors = true
    descriptorsGivenUp = now()
    pidsLimit.giveUp(epoll)
    memoryNews.giveUp(epoll)
    outOfMemory.giveUp()
    streams.shareContainerFiles()
    if isNew {
      log.write(
        .warn,
        """
        descriptors have run out (limit of open files, RLIMIT_NOFILE): those that are not needed are \
        closed, and the limits of processes and memory are not watched all the time
        """)
    }
    return true
  }

  /// Some may be free again. Asked when a process has ended: no clock runs for it.
  @inline(never)
  func takeBackDescriptors() {
    guard let time = descriptorsGivenUp, time + Self.descriptorPause <= now() else { return }
    descriptorsGivenUp = nil
    pidsLimit.takeBack(epoll)
    outOfMemory.takeBack()
    listenToMemory()
  }
}

extension Streams {
  /// The container's stdout and stderr are written to as everybody else does.
  func shareContainerFiles() {
    for sink in sinks where sink.kind == .container { sink.shareFile() }
  }
}

extension Sink {
  /// Gives up the open file of its own for the one that others share; each write is then one that does
  /// not wait where the kernel knows such.
  func shareFile() {
    guard kind == .container, neverWaits, !isRegular, isContent, !isWatched, let own = file else {
      return
    }
    let shared: FileDescriptor = name.equals("stdout") ? .standardOutput : .standardError
    guard own != shared else { return }
    own.close()
    file = shared
    neverWaits = false
    piece = Self.piece
  }
}
