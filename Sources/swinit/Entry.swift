import Basics
import Commands
import Configuration
import Linux

/// Called by `main`: the C entry point of both builds.
@c(swinit_main)
public func entry(
  argumentCount: Int32, arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  guard argumentCount > 0, let arguments else { return 64 }
  var words: [ByteString] = []
  for index in 0..<Int(argumentCount) {
    if let word = arguments[index] { words.append(ByteString(bytes(of: word))) }
  }
  return arguments.withMemoryRebound(
    to: UnsafePointer<CChar>?.self, capacity: Int(argumentCount) + 1
  ) { Int32(main(words, UnsafePointer($0), commit: commit)) }
}
