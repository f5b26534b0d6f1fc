import Commands

@c(swinit_main)
public func main(
  argumentCount: Int32, arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
  run(argumentCount)
}
