import Linux

public func run(_ n: Int32) -> Int32 { processID() }
