import Configuration
import Linux

func help(_ topic: ByteString?) -> UInt8 {
  Output.print("usage: swinit [-c PATH]...")
  return ExitCode.fine
}
